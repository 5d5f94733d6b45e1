import type { PolicyRule } from '@longhaul/oslo/policy'

const path = '/servers/{server_id}/os-volume_attachments'
const one = `${path}/{volume_id}`

/** @see openstack/nova nova/policies/volumes_attachments.py */
export const volumeAttachmentRules: PolicyRule[] = [
  {
    action: 'os_compute_api:os-volumes-attachments:index',
    check: 'rule:project_reader_or_admin',
    description: 'List the volumes of a server',
    operations: [{ method: 'GET', path }],
  },
  {
    action: 'os_compute_api:os-volumes-attachments:create',
    check: 'rule:project_member_or_admin',
    description: 'Attach a volume to a server',
    operations: [{ method: 'POST', path }],
  },
  {
    action: 'os_compute_api:os-volumes-attachments:show',
    check: 'rule:project_reader_or_admin',
    description: 'Show a volume of a server',
    operations: [{ method: 'GET', path: one }],
  },
  {
    action: 'os_compute_api:os-volumes-attachments:update',
    check: 'rule:project_member_or_admin',
    description: 'Change whether a volume goes with its server, from microversion 2.85 on',
    operations: [{ method: 'PUT', path: one }],
  },
  {
    action: 'os_compute_api:os-volumes-attachments:swap',
    check: 'rule:service_or_admin',
    description: 'Replace a volume of a server by another one, which is not supported',
    operations: [{ method: 'PUT', path: one }],
  },
  {
    action: 'os_compute_api:os-volumes-attachments:delete',
    check: 'rule:project_member_or_admin',
    description: 'Detach a volume from a server',
    operations: [{ method: 'DELETE', path: one }],
  },
]
