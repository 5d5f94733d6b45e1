import type { PolicyRule } from '@longhaul/oslo/policy'

const adminOrService = 'rule:context_is_admin or rule:service_api'
const list = '/v2.0/ports/{port_id}/bindings'
const one = `${list}/{host}`

/** Who may do what with the bindings of a port. @see openstack/neutron neutron/conf/policies/port_bindings.py */
export const bindingRules: PolicyRule[] = [
  {
    action: 'get_port_binding',
    check: adminOrService,
    description: 'Show the bindings of a port',
    operations: [
      { method: 'GET', path: list },
      { method: 'GET', path: one },
    ],
  },
  {
    action: 'create_port_binding',
    check: 'rule:service_api',
    description: 'Bind a port to a further host',
    operations: [{ method: 'POST', path: list }],
  },
  {
    action: 'update_port_binding',
    check: 'rule:service_api',
    description: 'Change a binding',
    operations: [{ method: 'PUT', path: one }],
  },
  {
    action: 'delete_port_binding',
    check: 'rule:service_api',
    description: 'Delete a binding',
    operations: [{ method: 'DELETE', path: one }],
  },
  {
    action: 'activate',
    check: 'rule:service_api',
    description: 'Let the port be on another host',
    operations: [{ method: 'PUT', path: `${one}/activate` }],
  },
]
