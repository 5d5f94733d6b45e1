import { join } from 'node:path'
import { callerSection, databaseOf, runProgram, writeAhead, type ServiceRecipe } from './real-service.ts'

const driver = join(import.meta.dirname, 'neutron-driver')

/** OpenStack's own Neutron with ML2, and a mechanism driver that wires ports in the way our hosts do. */
export const realNeutron: ServiceRecipe = {
  name: 'neutron',
  log: 'neutron-server',
  sections: (place) => ({
    DEFAULT: {
      bind_host: '127.0.0.1',
      bind_port: place.port,
      api_workers: 1,
      rpc_workers: 0,
      rpc_state_report_workers: 0,
      core_plugin: 'ml2',
      service_plugins: '',
      auth_strategy: 'keystone',
      api_paste_config: '/etc/neutron/api-paste.ini',
      state_path: place.directory,
      transport_url: 'fake:/',
      dhcp_agent_notification: false,
      notify_nova_on_port_status_changes: true,
      notify_nova_on_port_data_changes: true,
    },
    ml2: { type_drivers: 'local', tenant_network_types: 'local', mechanism_drivers: 'dgram' },
    nova: { ...callerSection(place, 'neutron'), endpoint_type: 'public' },
  }),
  async prepare(place) {
    const tables = join(import.meta.dirname, 'neutron-tables.py')
    await runProgram('/usr/bin/python3', tables, databaseOf(place))
    await writeAhead(place)
  },
  command: ({ directory }, conf) => ({
    file: '/usr/bin/neutron-server',
    args: ['--config-file', conf],
    env: { ...process.env, PYTHONPATH: driver, XDG_CACHE_HOME: join(directory, 'cache') },
  }),
}
