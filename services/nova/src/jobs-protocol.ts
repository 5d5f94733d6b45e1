// What conductors and host agents say to each other about jobs: PUT /v1/jobs/{operation}/{step}.
import type { Port, Volume } from './devices-protocol.ts'
import type { Destination, Machine, Share } from './migration-protocol.ts'

/** Kinds of work a host agent does. */
export const jobKinds = [
  'boot',
  'start',
  'stop',
  'reboot',
  'pause',
  'unpause',
  'suspend',
  'resume',
  'backup',
  'upload',
  'attach_volume',
  'detach_volume',
  'extend_volume',
  'attach_port',
  'detach_port',
  'prepare_incoming',
  'migrate',
  'limit_migration',
  'force_complete',
  'finish_migration',
  'confirm_source',
  'abandon_incoming',
  'reclaim_source',
  'destroy',
] as const
export type JobKind = (typeof jobKinds)[number]

/** What each kind of job is told. */
export interface JobParams {
  /** Makes a machine from an image of the user; needs the context. */
  boot: {
    image: { id: string; disk_format?: string | null | undefined }
    /** ram in MiB, disk in GiB (0: as large as the image). */
    flavor: { ram: number; vcpus: number; disk: number }
    name: string
    /** What it has from the beginning. */
    volumes?: Volume[] | undefined
    ports?: Port[] | undefined
  }
  /** Powers a machine on that was stopped; the agent knows what it is started with. */
  start: object
  /** Powers it off; its disk stays. */
  stop: CleanShutdown
  /** Off and on again, once for an operation. */
  reboot: CleanShutdown & {
    /** `HARD`: without asking its system. */
    type: 'SOFT' | 'HARD'
  }
  pause: object
  unpause: object
  /** Keeps its memory on the host's disk and powers it off. */
  suspend: object
  /** Lets it go on where it was when it was suspended. */
  resume: object
  /** Copies the machine's disk as it is now. */
  backup: {
    /** Bytes a second, 0: unlimited; default: the host's own setting. */
    bandwidth?: number | undefined
    /** Whether it is the backup of a machine that runs: one that has stopped since is refused. */
    running?: boolean | undefined
  }
  /** Sends the finished backup to an image; needs the context. */
  upload: {
    image: string
    /** Digest that the backup job has given. */
    sha512?: string | undefined
  }
  /** Gives the machine a volume; asked for again it does nothing. */
  attach_volume: { volume: Volume }
  /** Takes a volume from it, by its id; what it does not have is fine. */
  detach_volume: { volume: string }
  /** Shows the machine that a volume of it is larger now. */
  extend_volume: {
    volume: string
    /** Bytes. */
    size: number
  }
  attach_port: { port: Port }
  detach_port: { port: string }
  /**
   * At the destination: gets ready for a machine. The result has the `destination`. With the context an image is fetched that
   * is not there yet.
   */
  prepare_incoming: {
    machine: Machine
    /** True: the disk is copied; false: it has to be the same at both hosts; undefined: as it is. */
    block?: boolean | undefined
    /** As they are connected and bound to the destination. */
    volumes: Volume[]
    ports: Port[]
  }
  /** At the source: moves a machine. The result is {@link Moved}. */
  migrate: {
    destination: Destination
    /** Bytes a second; 0: unlimited, the default. */
    bandwidth?: number | undefined
    /** Milliseconds that the machine may stand still at the end; default 500. */
    downtime?: number | undefined
    /** The machine is slowed down when it writes faster than it can be copied. */
    auto_converge?: boolean | undefined
    /** Permits `force_complete` to let it run at the destination before its memory is there. */
    post_copy?: boolean | undefined
  }
  /** At the source, while it is moved. */
  limit_migration: { bandwidth?: number | undefined; downtime?: number | undefined }
  /** At the source, while it is moved: brings the end about, by post-copy if that is permitted, else by pausing the machine. */
  force_complete: object
  /**
   * At the destination, once `migrate` is done, with its result: lets the machine go on. The result has `power_state`, and
   * `restarted` if its memory was lost in post-copy and it has begun anew.
   */
  finish_migration: { running: boolean; post_copy?: boolean | undefined }
  /** At the source, once the machine runs at the destination: removes what it had. */
  confirm_source: object
  /** At the destination, while the machine has not run there: removes what was prepared. */
  abandon_incoming: object
  /** At the source, once `abandon_incoming` is done: the machine stays, and goes on. */
  reclaim_source: object
  destroy: object
}

interface CleanShutdown {
  /** Seconds that the machine's system has to power itself off; 0: it is not asked. Default: the agent's. */
  shutdown_timeout?: number | undefined
}

/** Body of the PUT for one kind of job: attach to the job, or start it. */
export interface JobRequestOf<K extends JobKind> {
  /** Executions of the operation so far; an agent refuses a lower one than it has seen. */
  attempt: number
  kind: K
  /** Server the job works on. */
  server: string
  params: JobParams[K]
  /** Sealed request context, for jobs that call other services as the user. */
  context?: string | undefined
}

export type JobRequest = { [K in JobKind]: JobRequestOf<K> }[JobKind]

export interface JobError {
  /** Stable literal. */
  code: string
  message: string
  /** False: the same job may succeed later. */
  terminal: boolean
}

/** How far a job is; `done` never goes back. */
export interface Progress {
  done: number
  total: number
  /** Parts of a migration. */
  memory?: Share
  disk?: Share
}

/** A job as the agent sees it. */
export interface Job {
  state: 'running' | 'done' | 'failed'
  progress?: Progress
  result?: Record<string, unknown>
  error?: JobError
}

/** Result of a backup job. */
export interface BackupResult {
  size: number
  sha512: string
  md5: string
  disk_format: 'qcow2'
  virtual_size: number
  /** Length of the console's output just before and after the point in time of the backup. */
  console_offset: { before: number; after: number }
}

export type PowerState = 'running' | 'paused' | 'shutdown' | 'crashed' | 'absent'

/** The role that conductors, the API and the agents have in common, and nobody else. */
export const computeRole = 'nova-compute'
/** Version of this protocol. */
export const agentProtocol = 1
