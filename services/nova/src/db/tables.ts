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
}

export interface ServersTable {
  id: string
  name: string
  project_id: string
  user_id: string
  image_id: string
  flavor: Json<ServerFlavor>
  metadata: Json<Record<string, string>>
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
  is_public: boolean
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

export interface HostsTable {
  host: string
  url: string
  protocol: number
  vcpus: number
  memory_mb: number
  disk_gb: number
  guests: Json<unknown>
  jobs: Json<unknown>
  reported_at: Date
}

/** An image that nova-api is about to make; gone once an operation owns the image. */
export interface ImageReservationsTable {
  image_id: string
  server_id: string
  operation_id: string
  created_at: Date
}

/** What an operation could not clean up; tried again until it is gone. */
export interface LeftoversTable {
  id: Generated<number>
  /** `image` or `agent-operation`. */
  kind: string
  resource_id: string
  /** The operation that left it; null for an image for which none began. */
  operation_id: string | null
  /** Host of an `agent-operation`. */
  host: string | null
  /** Attempt to show to the agent. */
  attempt: number
  reason: string
  tries: Generated<number>
  created_at: Date
  next_try_at: Date
}

/** Nova's tables. */
export interface NovaTables {
  servers: ServersTable
  flavors: FlavorsTable
  operations: OperationsTable
  instance_actions: InstanceActionsTable
  instance_action_events: InstanceActionEventsTable
  instance_faults: InstanceFaultsTable
  hosts: HostsTable
  image_reservations: ImageReservationsTable
  leftovers: LeftoversTable
}
