import {
  booleanOption,
  floatOption,
  integerOption,
  stringOption,
  uriOption,
  type Config,
  type OptionTable,
} from '@longhaul/oslo-config'
import { listenOptions, proxyOptions, sharedListenOptions } from '@longhaul/oslo/api'
import { logOptions } from '@longhaul/oslo/log'
import { qemuOptions } from './virt/qemu/config.ts'

const quota = (help: string, unit: string, preset: number) =>
  integerOption({ help: `${help} -1 is no limit.`, unit, default: preset, min: -1 })

const noFiles = 'Shown by the API, limits nothing: files cannot be injected.'
const noGroups = 'Shown by the API, limits nothing: there are no server groups.'

/** Limits of a project that has none of its own. */
const quotaOptions = {
  instances: quota('Servers of a project at most.', 'servers', 10),
  cores: quota('Processors of all servers of a project together, at most.', 'processors', 20),
  ram: quota('Memory of all servers of a project together, at most.', 'MiB', 50 * 1024),
  metadata_items: quota('Metadata items of one server at most.', 'items', 128),
  injected_files: quota(noFiles, 'files', 5),
  injected_file_content_bytes: quota(noFiles, 'bytes', 10 * 1024),
  injected_file_path_length: quota(noFiles, 'bytes', 255),
  key_pairs: quota('Key pairs of one user at most.', 'key pairs', 100),
  server_groups: quota(noGroups, 'groups', 10),
  server_group_members: quota(noGroups, 'servers', 10),
} satisfies OptionTable

const reportInterval = (whose: string) =>
  integerOption({
    help: `Time between two reports that ${whose}. A new value counts from the next report on.`,
    unit: 'seconds',
    default: 5,
    min: 1,
    mutable: true,
  })

const serviceDownTime = integerOption({
  help: 'Time without a report after which a process counts as down: a host gets no new server, and the operations of a conductor go to another one.',
  unit: 'seconds',
  default: 60,
  min: 1,
  mutable: true,
})

/** `[DEFAULT]` of nova-api. */
const apiDefaults = {
  ...logOptions,
  service_down_time: serviceDownTime,
  ...proxyOptions,
}

/** `[DEFAULT]` of nova-conductor. */
const conductorDefaults = {
  host: stringOption({
    help: 'Name of this conductor; no two may have the same.',
    default: 'localhost',
  }),
  ...logOptions,
  report_interval: reportInterval('this conductor writes to the database'),
  service_down_time: serviceDownTime,
  shutdown_timeout: integerOption({
    help: "Time that a machine's system has to power itself off or begin anew, before it is ended.",
    unit: 'seconds',
    default: 60,
    min: 0,
    mutable: true,
  }),
  max_concurrent_live_migrations: integerOption({
    help: 'Machines that are moved away from one host at a time; 0 is no limit.',
    unit: 'machines',
    default: 1,
    min: 0,
    mutable: true,
  }),
}

/** `[libvirt]` of nova-conductor: what Nova reads of live migration at each host holds for all hosts here. */
const libvirtOptions = {
  live_migration_completion_timeout: integerOption({
    help: 'Time that a machine may take to move, for each GiB of its memory and its copied disk, at least for two; 0 is no limit.',
    unit: 'seconds',
    default: 800,
    min: 0,
    mutable: true,
  }),
  live_migration_timeout_action: stringOption({
    help: 'What is done then: the migration is aborted, or brought to its end by pausing the machine or by post-copy.',
    default: 'abort',
    choices: ['abort', 'force_complete'],
    mutable: true,
  }),
  live_migration_permit_post_copy: booleanOption({
    help: 'Whether forcing a migration to complete lets the machine go on at its destination before its memory is there.',
    default: false,
    mutable: true,
  }),
  live_migration_permit_auto_converge: booleanOption({
    help: 'Whether a machine is slowed down that writes faster than can be copied.',
    default: false,
    mutable: true,
  }),
  live_migration_downtime: integerOption({
    help: 'Time that a machine may stand still when it changes hosts.',
    unit: 'milliseconds',
    default: 500,
    min: 100,
    mutable: true,
  }),
  live_migration_bandwidth: floatOption({
    help: 'How fast a machine is moved at most, also less than 1; 0 is no limit.',
    unit: 'MiB/s',
    default: 0,
    min: 0,
    mutable: true,
  }),
} satisfies OptionTable

/** `[DEFAULT]` of nova-compute. */
const computeDefaults = {
  host: stringOption({
    help: 'Name of this host; its servers belong to the name, and no two hosts may have the same.',
    default: 'localhost',
  }),
  ...logOptions,
  state_path: stringOption({
    help: 'Directory of machines, disks, images and jobs; one agent at a time works with it.',
    default: '/var/lib/nova',
  }),
  instances_path: stringOption({
    help: 'Directory of disks and images, if they are on storage that other hosts have at the same place; by default they are in the state_path.',
  }),
  report_interval: reportInterval('the agent sends to nova-api'),
  compute_driver: stringOption({
    help: 'Hypervisor; machines of the driver fake are only pretended.',
    default: 'qemu',
    choices: ['qemu', 'fake'],
  }),
}

/** Every other option of nova's files that is read, by section. */
const tables = {
  database: {
    connection: stringOption({
      help: 'Database, as postgresql://user:password@host/name; operations and their state share it.',
      required: true,
      secret: true,
    }),
    max_pool_size: integerOption({
      help: 'Connections to PostgreSQL at most, for each process.',
      unit: 'connections',
      default: 10,
      min: 1,
    }),
  },
  listen: sharedListenOptions(8774, {
    host: 'osapi_compute_listen',
    port: 'osapi_compute_listen_port',
  }),
  internal: sharedListenOptions(8775),
  agentListen: listenOptions(8773),
  compute: {
    internal_url: uriOption({
      help: "URL of nova-api's internal interface, where the agent reports.",
      default: 'http://127.0.0.1:8775',
    }),
    public_url: uriOption({
      help: 'URL under which nova-api and conductors reach this agent; by default where it listens.',
    }),
  },
  context: {
    sealing_key_file: stringOption({
      help: 'File of mode 0600 with the key that seals the tokens of operations: the master key for nova-api and nova-conductor, for an agent the key of its host.',
      required: true,
    }),
  },
  conductor: {
    operation_retry_timeout: integerOption({
      help: 'Time for which a step is repeated when a service is away.',
      unit: 'seconds',
      default: 900,
      min: 0,
      mutable: true,
    }),
    reap_after: integerOption({
      help: 'Age at which an image or a volume that was reserved for an operation which never began is given up.',
      unit: 'seconds',
      default: 60,
      min: 1,
      mutable: true,
    }),
    attachment_check_interval: integerOption({
      help: 'Time between two searches for what the Block Storage service keeps for servers that do not have it; what two of them have found is deleted. A new value counts from the next search on.',
      unit: 'seconds',
      default: 3600,
      min: 1,
      mutable: true,
    }),
    maintenance_interval: integerOption({
      help: 'Time between two rounds of cleaning: reservations, leftovers, operations of dead conductors. A new value counts from the next round on.',
      unit: 'seconds',
      default: 10,
      min: 1,
      mutable: true,
    }),
  },
  qemu: qemuOptions,
  libvirt: libvirtOptions,
  quota: quotaOptions,
  oslo_policy: {
    policy_file: stringOption({
      help: 'YAML file of policy rules that replace the defaults of the same name; what it holds is read again at SIGHUP.',
    }),
  },
}

/** Values for nova-api. */
export function readApiSettings(conf: Config) {
  return {
    defaults: conf.register('DEFAULT', apiDefaults),
    context: conf.register('context', tables.context),
    database: readDatabaseSettings(conf),
    listen: conf.register('listen', tables.listen),
    internal: conf.register('internal', tables.internal),
    policy: conf.register('oslo_policy', tables.oslo_policy),
    quota: conf.register('quota', tables.quota),
  }
}

/** Values for nova-conductor. */
export function readConductorSettings(conf: Config) {
  return {
    defaults: conf.register('DEFAULT', conductorDefaults),
    context: conf.register('context', tables.context),
    database: readDatabaseSettings(conf),
    conductor: conf.register('conductor', tables.conductor),
    libvirt: conf.register('libvirt', tables.libvirt),
  }
}

/** Values for nova-manage. */
export function readDatabaseSettings(conf: Config) {
  return conf.register('database', tables.database)
}

/** Values for nova-compute. */
export function readComputeSettings(conf: Config) {
  return {
    defaults: conf.register('DEFAULT', computeDefaults),
    context: conf.register('context', tables.context),
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
