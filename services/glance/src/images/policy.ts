import type { PolicyRule } from '@longhaul/oslo/policy'
import type { Image } from './image.ts'

const adminOrMember = 'rule:context_is_admin or (role:member and project_id:%(project_id)s)'
const adminOrReader = 'rule:context_is_admin or (role:reader and project_id:%(project_id)s)'

function adminOrAudience(role: 'reader' | 'member'): string {
  return (
    `rule:context_is_admin or (role:${role} and (project_id:%(project_id)s or project_id:%(member_id)s or ` +
    `'community':%(visibility)s or 'public':%(visibility)s or 'shared':%(visibility)s))`
  )
}

/**
 * Who may do what with images: names and defaults of Glance. That an image is not visible is decided besides, see
 * `Images`.
 *
 * @see openstack/glance glance/policies/base.py and image.py
 */
export const imageRules: PolicyRule[] = [
  {
    action: 'context_is_admin',
    check: 'role:admin',
    description: 'Sees and changes the images of all projects',
  },
  {
    action: 'add_image',
    check: 'rule:context_is_admin or (role:member and project_id:%(project_id)s and project_id:%(owner)s)',
    description: 'Make an image',
    operations: [{ method: 'POST', path: '/v2/images' }],
  },
  {
    action: 'get_images',
    check: adminOrReader,
    description: 'List images',
    operations: [{ method: 'GET', path: '/v2/images' }],
  },
  {
    action: 'get_image',
    check: adminOrAudience('reader'),
    description: 'Show an image',
    operations: [
      { method: 'GET', path: '/v2/images/{image_id}' },
      { method: 'GET', path: '/v2/images/{image_id}/tasks' },
    ],
  },
  {
    action: 'modify_image',
    check: adminOrMember,
    description: 'Change an image',
    operations: [
      { method: 'PATCH', path: '/v2/images/{image_id}' },
      { method: 'PUT', path: '/v2/images/{image_id}/tags/{tag}' },
      { method: 'DELETE', path: '/v2/images/{image_id}/tags/{tag}' },
      { method: 'PUT', path: '/v2/images/{image_id}/stage' },
      { method: 'POST', path: '/v2/images/{image_id}/import' },
    ],
  },
  {
    action: 'delete_image',
    check: adminOrMember,
    description: 'Delete an image',
    operations: [{ method: 'DELETE', path: '/v2/images/{image_id}' }],
  },
  {
    action: 'publicize_image',
    check: 'role:admin',
    description: 'Make an image public',
    operations: [
      { method: 'POST', path: '/v2/images' },
      { method: 'PATCH', path: '/v2/images/{image_id}' },
    ],
  },
  {
    action: 'communitize_image',
    check: adminOrMember,
    description: 'Make an image a community image',
    operations: [
      { method: 'POST', path: '/v2/images' },
      { method: 'PATCH', path: '/v2/images/{image_id}' },
    ],
  },
  {
    action: 'upload_image',
    check: adminOrMember,
    description: 'Upload the data of an image',
    operations: [{ method: 'PUT', path: '/v2/images/{image_id}/file' }],
  },
  {
    action: 'download_image',
    check: adminOrAudience('member'),
    description: 'Download the data of an image',
    operations: [{ method: 'GET', path: '/v2/images/{image_id}/file' }],
  },
  {
    action: 'deactivate',
    check: adminOrMember,
    description: 'Forbid the download of an image',
    operations: [{ method: 'POST', path: '/v2/images/{image_id}/actions/deactivate' }],
  },
  {
    action: 'reactivate',
    check: adminOrMember,
    description: 'Allow the download of a deactivated image again',
    operations: [{ method: 'POST', path: '/v2/images/{image_id}/actions/reactivate' }],
  },
]

/**
 * What a rule may look at: the custom properties, and the attributes, which win over them.
 *
 * @param memberId the caller's project, if the image is shared with it
 */
export function imageTarget(image: Image, memberId: string | undefined): Record<string, unknown> {
  return {
    ...Object.fromEntries(image.properties),
    member_id: memberId,
    image_id: image.id,
    project_id: image.owner ?? undefined,
    owner: image.owner ?? undefined,
    visibility: image.visibility,
    status: image.status,
    protected: image.protected,
  }
}
