import type { PolicyRule } from '@longhaul/oslo/policy'

const operations = [{ method: 'POST', path: '/v3/{project_id}/volumes/{volume_id}/action' }]
const member = 'rule:xena_system_admin_or_project_member'

/** Rules by action: the policy's name is the key, the check is the default. @see openstack/cinder cinder/policies/volume_actions.py */
const checks: Record<string, [check: string, description: string]> = {
  'volume:extend': [member, 'Extend a volume'],
  'volume:extend_attached_volume': [member, 'Extend a volume in use'],
  'volume:update_readonly_flag': [member, 'Make a volume read-only'],
  'volume_extension:volume_admin_actions:reset_status': ['rule:admin_api', 'Set the status of a volume'],
  'volume_extension:volume_admin_actions:force_delete': [
    'rule:admin_api',
    'Delete a volume whatever its state',
  ],
  'volume_extension:volume_admin_actions:force_detach': ['rule:admin_api', 'Detach a volume by force'],
  'volume_extension:volume_actions:attach': [member, 'Say that a server has a volume'],
  'volume_extension:volume_actions:detach': [member, 'Say that a server no longer has a volume'],
  'volume_extension:volume_actions:reserve': [member, 'Keep a volume for a server'],
  'volume_extension:volume_actions:unreserve': [member, 'Give a kept volume free'],
  'volume_extension:volume_actions:begin_detaching': [member, 'Say that a volume is being detached'],
  'volume_extension:volume_actions:roll_detaching': [member, 'Say that a volume stays attached'],
  'volume_extension:volume_actions:initialize_connection': [member, 'Open a volume for a host'],
  'volume_extension:volume_actions:terminate_connection': [member, 'Close a volume for a host'],
  'volume_extension:volume_image_metadata:set': [member, 'Change what the image said of itself'],
  'volume_extension:volume_image_metadata:remove': [member, 'Remove some of what the image said of itself'],
  'volume:multiattach': [member, 'Create a volume for several attachments'],
}

export const volumeActionRules: PolicyRule[] = Object.entries(checks).map(
  ([action, [check, description]]) => ({
    action,
    check,
    description,
    operations:
      action === 'volume:multiattach' ? [{ method: 'POST', path: '/v3/{project_id}/volumes' }] : operations,
  }),
)
