import type { PolicyRule } from '@longhaul/oslo/policy'

const all = '/v3/{project_id}/attachments'
const one = `${all}/{attachment_id}`
const member = 'rule:xena_system_admin_or_project_member'

/** @see openstack/cinder cinder/policies/attachments.py */
export const attachmentRules: PolicyRule[] = [
  {
    action: 'volume:attachment_create',
    check: member,
    description: 'Reserve a volume for a server, or attach it',
    operations: [{ method: 'POST', path: all }],
  },
  {
    action: 'volume:attachment_update',
    check: member,
    description: 'Connect a host to a reserved volume',
    operations: [{ method: 'PUT', path: one }],
  },
  {
    action: 'volume:attachment_delete',
    check: member,
    description: 'End an attachment',
    operations: [{ method: 'DELETE', path: one }],
  },
  {
    action: 'volume:attachment_complete',
    check: member,
    description: 'Say that a server uses the volume',
    operations: [{ method: 'POST', path: `${one}/action` }],
  },
  {
    action: 'volume:multiattach_bootable_volume',
    check: member,
    description: 'Attach a bootable volume several times',
    operations: [{ method: 'POST', path: all }],
  },
]
