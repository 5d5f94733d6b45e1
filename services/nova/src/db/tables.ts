import type { ColumnType, Generated } from 'kysely'

/** JSON in a jsonb column: written as text, read as a value. */
type Json<T> = ColumnType<T, string, string>

/** A flavor as it was when the server was made; later changes of the flavor do not touch the server. */
export interface ServerFlavor {
  id: string
  name: string
  /** MiB. */
  ram: number
  vcpus: number
  /** GiB; 0: as large as the image. */
  disk: number
  /** GiB. */
  ephemeral: number
  /** MiB. */
  swap: number
  extra_specs: Record<string, string>
}

export interface ServersTable {
  id: string
  name: string
  description: string | null
  hostname: string
  project_id: string
  user_id: string
  image_id: string
  flavor: Json<ServerFlavor>
  metadata: Json<Record<string, string>>
  tags: string[]
  key_name: string | null
  /** Base 64. */
  user_data: string | null
  access_ip_v4: string | null
  access_ip_v6: string | null
  auto_disk_config: boolean
  /** What servers that were made by one request have in common. */
  reservation_id: string
  /** Place among them. */
  launch_index: number
  /** The zone that was asked for. */
  availability_zone: string | null
  /** The only host that the server may be built on; null: any. */
  requested_host: string | null
  /** `owner` or `admin`; null: not locked. */
  locked_by: string | null
  locked_reason: string | null
  /** Null until a host was chosen. */
  host: string | null
  vm_state: string
  task_state: string | null
  /** Nova's number, see `servers/states.ts`. */
  power_state: number
  /** The operation that holds `task_state`; only it writes to the row. */
  operation_id: string | null
  created_at: Date
  updated_at: Date
  launched_at: Date | null
  deleted_at: Date | null
}

export interface FlavorsTable {
  id: string
  name: string
  /** MiB. */
  ram: number
  vcpus: number
  /** GiB; 0: as large as the image. */
  disk: number
  /** GiB. */
  ephemeral: number
  /** MiB. */
  swap: number
  rxtx_factor: number
  is_public: boolean
  disabled: boolean
  description: string | null
  extra_specs: Json<Record<string, string>>
  created_at: Date
  updated_at: Date | null
}

/** Projects that may use a flavor which is not public. */
export interface FlavorProjectsTable {
  flavor_id: string
  project_id: string
}

export interface OperationsTable {
  id: string
  kind: string
  server_id: string
  /** The row of `instance_actions` that tells users about it. */
  action_id: number
  /** How often the workflow was begun or taken up again; higher ones fence lower ones. */
  attempt: Generated<number>
  /** The user's request context, sealed; null once the operation has ended. */
  context: string | null
  input: Json<unknown>
  /** `waiting` behind another one of the same server, `queued`, `running`, `done` or `failed`. */
  state: string
  /** What is wanted of the running operation: `delete`, `rollback`, or null. */
  request: string | null
  error: string | null
  created_at: Date
  finished_at: Date | null
}

export interface InstanceActionsTable {
  id: Generated<number>
  server_id: string
  request_id: string
  action: string
  user_id: string
  project_id: string
  start_time: Date
  updated_at: Date
  finish_time: Date | null
  message: string | null
}

export interface InstanceActionEventsTable {
  id: Generated<number>
  action_id: number
  event: string
  start_time: Date
  finish_time: Date | null
  /** `Success` or `Error`; null while it runs. */
  result: string | null
  details: string | null
  host: string | null
}

export interface InstanceFaultsTable {
  id: Generated<number>
  server_id: string
  code: number
  message: string
  details: string | null
  created_at: Date
}

/** A process of nova that reports that it lives: one row for each host and binary. */
export interface ServicesTable {
  id: Generated<number>
  uuid: string
  host: string
  /** `nova-compute` or `nova-conductor`. */
  binary: string
  disabled: Generated<boolean>
  disabled_reason: string | null
  /** Whether somebody said that it is down, whatever it reports. */
  forced_down: Generated<boolean>
  created_at: Date
  reported_at: Date
}

export interface HostsTable {
  /** The hypervisor's number in old versions of the API. */
  id: Generated<number>
  /** And in newer ones. */
  uuid: string
  host: string
  url: string
  protocol: number
  vcpus: number
  memory_mb: number
  disk_gb: number
  guests: Json<{ id: string; power_state: string }[]>
  jobs: Json<unknown>
  /** Null: the host does not say. */
  hypervisor: ColumnType<HypervisorFacts | null, string | null, string | null>
  reported_at: Date
}

/** What a host says of its hypervisor. */
export interface HypervisorFacts {
  type: string
  /** As Nova counts: 7.2.1 is 7002001. */
  version: number
  cpu_info: Record<string, unknown>
  /** A sentence, as `uptime` prints it. */
  uptime?: string | undefined
}

export interface KeyPairsTable {
  id: Generated<number>
  user_id: string
  name: string
  /** `ssh` or `x509`. */
  type: string
  public_key: string
  fingerprint: string
  created_at: Date
}

/** Limits that differ from the defaults, by project. */
export interface QuotasTable {
  project_id: string
  resource: string
  /** -1: none. */
  hard_limit: number
}

/** Limits by class; those of the class `default` are every project's defaults. */
export interface QuotaClassesTable {
  class_name: string
  resource: string
  /** -1: none. */
  hard_limit: number
}

/** An image that nova-api is about to make; gone once an operation owns the image. */
export interface ImageReservationsTable {
  image_id: string
  server_id: string
  operation_id: string
  created_at: Date
}

/** A volume of a server. While the row is there, nobody else attaches the volume to the server. */
export interface BlockDeviceMappingsTable {
  id: Generated<number>
  uuid: string
  server_id: string
  volume_id: string
  /** Cinder's; null until it has answered. */
  attachment_id: string | null
  /** Such as `/dev/vdb`; the machine may call it otherwise. */
  device_name: string
  tag: string | null
  delete_on_termination: boolean
  /**
   * Since when nova-api is about to begin an operation on it; null: it is not. If nova-api dies, a conductor makes up for
   * it and sets null, after which the operation cannot begin any more.
   */
  reserved_at: Date | null
  created_at: Date
  updated_at: Date
}

/** A port of a server. While the row is there, no other server gets the port. */
export interface ServerPortsTable {
  id: Generated<number>
  /** The device of a port that nova-api makes, until an operation gives it to the server. */
  uuid: string
  server_id: string
  /** Null until the Networking service has made it. */
  port_id: string | null
  network_id: string
  tag: string | null
  /** As the Networking service has last told, like what follows; null before the port is bound. */
  network_name: Generated<string | null>
  mac_address: Generated<string | null>
  addresses: Generated<string[]>
  /** Whether nova made it: it is deleted when the server does not have it any more. */
  created_by_nova: boolean
  /** Since when nova-api is about to begin an operation on it; null: it is not. If nova-api dies, a conductor removes the row. */
  reserved_at: Date | null
  created_at: Date
  updated_at: Date
}

/** The way of a server from one host to another, as users and administrators see it. */
export interface MigrationsTable {
  id: Generated<number>
  uuid: string
  server_id: string
  operation_id: string
  /** See `servers/migration-status.ts`. */
  status: string
  source_compute: string
  /** Null until it was chosen. While the status is one of a migration in progress, its room is claimed. */
  dest_compute: string | null
  /** Whether somebody wants it to come to its end now. */
  force_complete: Generated<boolean>
  /** Since when the machine is moved. */
  started_at: Date | null
  /** Bytes, as all that follow; null until something is known. */
  memory_total: number | null
  memory_processed: number | null
  memory_remaining: number | null
  disk_total: number | null
  disk_processed: number | null
  disk_remaining: number | null
  user_id: string
  project_id: string
  created_at: Date
  updated_at: Date
}

/** What an operation could not clean up; tried again until it is gone. */
export interface LeftoversTable {
  id: Generated<number>
  /** As in `operations/running-operation.ts`. */
  kind: string
  resource_id: string
  /** The operation that left it; null for an image for which none began. */
  operation_id: string | null
  /** Host whose agent has something to do with it. */
  host: string | null
  /** Attempt to show to the agent. */
  attempt: number
  reason: string
  tries: Generated<number>
  created_at: Date
  next_try_at: Date
  /** Until when a conductor is at it; null: none is. */
  claimed_until: Date | null
}

/** Nova's tables. */
export interface NovaTables {
  servers: ServersTable
  flavors: FlavorsTable
  flavor_projects: FlavorProjectsTable
  key_pairs: KeyPairsTable
  quotas: QuotasTable
  quota_classes: QuotaClassesTable
  operations: OperationsTable
  instance_actions: InstanceActionsTable
  instance_action_events: InstanceActionEventsTable
  instance_faults: InstanceFaultsTable
  services: ServicesTable
  hosts: HostsTable
  block_device_mappings: BlockDeviceMappingsTable
  server_ports: ServerPortsTable
  image_reservations: ImageReservationsTable
  migrations: MigrationsTable
  leftovers: LeftoversTable
}
