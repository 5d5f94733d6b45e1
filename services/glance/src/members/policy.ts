import type { PolicyRule } from '@longhaul/oslo/policy'

const ownerOrAdmin = 'rule:context_is_admin or (role:member and project_id:%(project_id)s)'
const readers =
  'rule:context_is_admin or role:reader and (project_id:%(project_id)s or project_id:%(member_id)s)'

const members = '/v2/images/{image_id}/members'
const member = `${members}/{member_id}`

/**
 * Who may do what with members of images: names and defaults of Glance.
 *
 * @see openstack/glance glance/policies/image.py
 */
export const memberRules: PolicyRule[] = [
  {
    action: 'add_member',
    check: ownerOrAdmin,
    description: 'Share an image with a project',
    operations: [{ method: 'POST', path: members }],
  },
  {
    action: 'get_members',
    check: readers,
    description: 'List the projects that an image is shared with',
    operations: [{ method: 'GET', path: members }],
  },
  {
    action: 'get_member',
    check: readers,
    description: 'Show a project that an image is shared with',
    operations: [{ method: 'GET', path: member }],
  },
  {
    action: 'modify_member',
    check: 'rule:context_is_admin or (role:member and project_id:%(member_id)s)',
    description: 'Accept or reject a shared image',
    operations: [{ method: 'PUT', path: member }],
  },
  {
    action: 'delete_member',
    check: ownerOrAdmin,
    description: 'Share an image with a project no longer',
    operations: [{ method: 'DELETE', path: member }],
  },
]
