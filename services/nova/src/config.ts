import {
  booleanOption,
  hostOption,
  integerOption,
  portOption,
  stringOption,
  uriOption,
  type Config,
  type OptionTable,
} from '@longhaul/oslo-config'
import { logOptions } from '@longhaul/oslo/log'

const listenTable = (port: number) =>
  ({
    host: hostOption({ help: 'Address to listen on; plain HTTP only on loopback.', default: '127.0.0.1' }),
    port: portOption({ help: 'Port to listen on.', default: port }),
    certfile: stringOption({ help: 'PEM file of the certificate.' }),
    keyfile: stringOption({ help: 'PEM file of its key.' }),
  }) satisfies OptionTable

const quota = (help: string, preset: number) => integerOption({ help, default: preset, min: -1 })

/** Limits of a project that has none of its own; -1: no limit. */
const quotaOptions = {
  instances: quota('Servers.', 10),
  cores: quota('Processors of all servers.', 20),
  ram: quota('MiB of memory of all servers.', 50 * 1024),
  metadata_items: quota('Metadata items of one server.', 128),
  injected_files: quota('Shown only: files cannot be injected.', 5),
  injected_file_content_bytes: quota('Shown only: files cannot be injected.', 10 * 1024),
  injected_file_path_length: quota('Shown only: files cannot be injected.', 255),
  key_pairs: quota('Key pairs of one user.', 100),
  server_groups: quota('Shown only: there are no server groups.', 10),
  server_group_members: quota('Shown only: there are no server groups.', 10),
} satisfies OptionTable

/** Every option of nova.conf that is read, by section. */
const tables = {
  DEFAULT: {
    host: stringOption({ help: 'Name of this host.', default: 'localhost' }),
    ...logOptions,
    state_path: stringOption({ help: 'Directory of machines, disks and jobs.', default: '/var/lib/nova' }),
    report_interval: integerOption({
      help: 'Seconds between two reports of a host.',
      default: 5,
      min: 1,
    }),
    service_down_time: integerOption({
      help: 'Seconds without a report after which a host gets no new machine.',
      default: 60,
      min: 1,
      mutable: true,
    }),
    shutdown_timeout: integerOption({
      help: "Seconds that a machine's system has to power itself off or begin anew, before it is ended.",
      default: 60,
      min: 0,
      mutable: true,
    }),
    compute_driver: stringOption({
      help: 'Hypervisor; fake machines are only pretended.',
      default: 'qemu',
      choices: ['qemu', 'fake'],
    }),
    enable_proxy_headers_parsing: booleanOption({
      help: 'Whether Forwarded and X-Forwarded-* are believed.',
      default: false,
    }),
  },
  database: {
    connection: stringOption({
      help: 'postgresql://…; operations and their state share one database.',
      required: true,
      secret: true,
    }),
    max_pool_size: integerOption({ help: 'Connections at most.', default: 10, min: 1 }),
  },
  listen: listenTable(8774),
  internal: listenTable(8775),
  agentListen: listenTable(8776),
  compute: {
    internal_url: uriOption({
      help: "URL of nova-api's internal interface.",
      default: 'http://127.0.0.1:8775',
    }),
    public_url: uriOption({
      help: 'URL under which conductors reach this agent; default: where it listens.',
    }),
  },
  context: {
    sealing_key_file: stringOption({ help: 'File of the key that seals request contexts.', required: true }),
  },
  conductor: {
    operation_retry_timeout: integerOption({
      help: 'Seconds for which a step is repeated when a service is away.',
      default: 900,
      min: 0,
      mutable: true,
    }),
    reap_after: integerOption({
      help: 'Seconds after which an image without an operation is removed.',
      default: 60,
      min: 1,
    }),
    maintenance_interval: integerOption({
      help: 'Seconds between two rounds of cleaning.',
      default: 10,
      min: 1,
    }),
  },
  qemu: {
    accel: stringOption({ help: 'tcg, kvm, or kvm:tcg to fall back.', default: 'tcg' }),
    machine: stringOption({
      help: 'Machine type; versioned, so that all hosts agree.',
      default: 'pc-q35-7.2',
    }),
    snapshot_bandwidth: integerOption({
      help: 'Bytes a second for the backup of a running disk; 0: unlimited.',
      default: 0,
      min: 0,
    }),
  },
  quota: quotaOptions,
  oslo_policy: {
    policy_file: stringOption({ help: 'File of rules that replace the defaults.' }),
  },
}

/** Values of the sections that all of nova's processes read. */
function readBasics(conf: Config) {
  return {
    defaults: conf.register('DEFAULT', tables.DEFAULT),
    context: conf.register('context', tables.context),
  }
}

/** Values for nova-api. */
export function readApiSettings(conf: Config) {
  return {
    ...readBasics(conf),
    database: conf.register('database', tables.database),
    listen: conf.register('listen', tables.listen),
    internal: conf.register('internal', tables.internal),
    policy: conf.register('oslo_policy', tables.oslo_policy),
    quota: conf.register('quota', tables.quota),
  }
}

/** Values for nova-conductor. */
export function readConductorSettings(conf: Config) {
  return {
    ...readBasics(conf),
    database: conf.register('database', tables.database),
    conductor: conf.register('conductor', tables.conductor),
  }
}

/** Values for nova-manage. */
export function readDatabaseSettings(conf: Config) {
  return conf.register('database', tables.database)
}

/** Values for nova-compute. */
export function readComputeSettings(conf: Config) {
  return {
    ...readBasics(conf),
    listen: conf.register('listen', tables.agentListen),
    compute: conf.register('compute', tables.compute),
    qemu: conf.register('qemu', tables.qemu),
  }
}

/** nova's tables and the engine's share one PostgreSQL database; nothing else will do. @throws Error that says why */
export function requirePostgresql(connection: string): string {
  if (/^postgres(ql)?(\+\w+)?:\/\//.test(connection)) return connection
  throw new Error(
    '[database] connection: nova needs postgresql://…: a row and the start of its operation are one transaction there',
  )
}
