import type { PolicyRule } from '@longhaul/oslo/policy'

const member = '(role:member and project_id:%(project_id)s)'
const networkMember = '(role:member and rule:network_owner)'
const admin = 'rule:context_is_admin'
const service = 'rule:service_api'
const adminOrService = `${admin} or ${service}`
const ofNetwork = `${adminOrService} or ${networkMember}`

const list = '/v2.0/ports'
const one = '/v2.0/ports/{port_id}'
const post = [{ method: 'POST', path: list }]
const put = [{ method: 'PUT', path: one }]
const get = [
  { method: 'GET', path: list },
  { method: 'GET', path: one },
]

/** A rule for the same attribute of a new port and of one that is changed. */
function written(attribute: string, check: string, what: string): PolicyRule[] {
  return [
    { action: `create_port:${attribute}`, check, description: `Make a port with ${what}`, operations: post },
    { action: `update_port:${attribute}`, check, description: `Change ${what} of a port`, operations: put },
  ]
}

function shown(attribute: string, check: string, what: string): PolicyRule {
  return { action: `get_port:${attribute}`, check, description: `See ${what} of a port`, operations: get }
}

/** Who may do what with ports. @see openstack/neutron neutron/conf/policies/port.py */
export const portRules: PolicyRule[] = [
  {
    action: 'create_port',
    check: `${adminOrService} or ${member}`,
    description: 'Make a port',
    operations: post,
  },
  {
    action: 'get_port',
    check: `${adminOrService} or (role:reader and project_id:%(project_id)s) or (role:reader and rule:network_owner)`,
    description: 'Show a port',
    operations: get,
  },
  {
    action: 'update_port',
    check: `${adminOrService} or ${member}`,
    description: 'Change a port',
    operations: put,
  },
  {
    action: 'delete_port',
    check: `${ofNetwork} or ${member}`,
    description: 'Delete a port',
    operations: [{ method: 'DELETE', path: one }],
  },
  ...written('device_owner', `not rule:network_device or ${ofNetwork}`, 'a device_owner'),
  {
    action: 'create_port:mac_address',
    check: ofNetwork,
    description: 'Make a port with a MAC address of choice',
    operations: post,
  },
  {
    action: 'update_port:mac_address',
    check: adminOrService,
    description: 'Change the MAC address of a port',
    operations: put,
  },
  ...written('fixed_ips', `${ofNetwork} or rule:shared`, 'addresses'),
  ...written('fixed_ips:ip_address', ofNetwork, 'addresses of choice'),
  ...written('fixed_ips:subnet_id', `${ofNetwork} or rule:shared`, 'addresses of subnets of choice'),
  ...written('allowed_address_pairs', `${admin} or ${networkMember}`, 'further addresses'),
  ...written('binding:host_id', adminOrService, 'the host'),
  ...written('binding:profile', service, 'what one driver tells the other'),
  ...written('binding:vnic_type', `${adminOrService} or ${member}`, 'the kind of interface'),
  shown('binding:host_id', adminOrService, 'the host'),
  shown('binding:profile', adminOrService, 'what one driver tells the other'),
  shown('binding:vif_type', adminOrService, 'the wiring'),
  shown('binding:vif_details', adminOrService, 'the details of the wiring'),
]
