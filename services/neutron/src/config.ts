import { booleanOption, floatOption, integerOption, stringOption, type Config } from '@longhaul/oslo-config'
import { proxyOptions, sharedListenOptions } from '@longhaul/oslo/api'
import { databaseOptions } from '@longhaul/oslo/db'
import { logOptions } from '@longhaul/oslo/log'

const defaultGroup = {
  base_mac: stringOption({
    help: 'How new MAC addresses begin: three octets of it, and the fourth unless it is zero.',
    default: 'fa:16:3e:00:00:00',
  }),
  global_physnet_mtu: integerOption({
    help: 'MTU of networks that name none.',
    unit: 'bytes',
    default: 1500,
    min: 68,
    max: 65_535,
  }),
  agent_down_time: integerOption({
    help: 'How long the L2 agent of a host may be silent before ports are no longer bound there.',
    unit: 'seconds',
    default: 75,
    min: 1,
    mutable: true,
  }),
  wiring_timeout: floatOption({
    help: 'How long a request that binds a port waits for the L2 agent of the host to wire it.',
    unit: 'seconds',
    default: 2,
    min: 0,
  }),
  notify_nova_on_port_status_changes: booleanOption({
    help: 'Whether nova is told when the guest of a port was plugged in or out.',
    default: true,
    mutable: true,
  }),
  notify_nova_on_port_data_changes: booleanOption({
    help: 'Whether nova is told of other changes of ports.',
    default: true,
    mutable: true,
  }),
  send_events_interval: floatOption({
    help: 'How long events for nova are gathered before they are sent together.',
    unit: 'seconds',
    default: 2,
    min: 0,
    mutable: true,
  }),
  ...proxyOptions,
  ...logOptions,
}

const limit = (what: string, value: number) =>
  integerOption({
    help: `${what} of a project at most; a negative number for no limit.`,
    unit: what.toLowerCase(),
    default: value,
    mutable: true,
  })

const quotaGroup = {
  quota_network: limit('Networks', 100),
  quota_subnet: limit('Subnets', 100),
  quota_port: limit('Ports', 500),
}

const policyGroup = {
  policy_file: stringOption({
    help: 'YAML file of policy rules that replace the defaults of the same name; what it holds is read again at SIGHUP.',
  }),
}

/** The options of neutron.conf, but for `[keystone_authtoken]` and `[nova]`, which libraries read. */
export function readSettings(conf: Config) {
  return {
    defaults: conf.register('DEFAULT', defaultGroup),
    database: readDatabaseSettings(conf),
    listen: conf.register('listen', sharedListenOptions(9696, { host: 'bind_host', port: 'bind_port' })),
    quotas: conf.register('quotas', quotaGroup),
    policy: conf.register('oslo_policy', policyGroup),
  }
}

/** What `neutron-db-manage` needs. */
export function readDatabaseSettings(conf: Config) {
  return conf.register('database', databaseOptions)
}

/** @throws Error that names the option */
export function assertBaseMac(mac: string): void {
  if (/^[0-9a-f][02468ace](:[0-9a-f]{2}){5}$/.test(mac)) return
  throw new Error(`[DEFAULT] base_mac: '${mac}' is no MAC address of a single interface`)
}
