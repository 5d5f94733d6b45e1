// What conductors and host agents say to each other about the live migration of a server.

/** A machine that runs, as another host needs it to make the same one: GET /v1/guests/{id}/machine. */
export interface Machine {
  name: string
  vcpus: number
  /** MiB */
  memory_mb: number
  /** QEMU's machine type, with its version. */
  machine: string
  /** Places for devices. */
  slots: number
  /** Id of the image that its disk was made from. */
  image: string
  power_state: 'running' | 'paused'
  disk: {
    /** Bytes. */
    virtual_size: number
    /** Whether it holds only what differs from the image. */
    backed: boolean
    /** What lies beside the disk: a host that sees the same has the same storage. */
    probe: string
  }
  /** Places of its volumes and ports; how these are reached differs from host to host. */
  volumes: { id: string; slot: number }[]
  ports: { id: string; slot: number }[]
}

/** Where a machine is awaited. */
export interface Destination {
  host: string
  /** For the memory. */
  port: number
  /** For the disk; undefined: both hosts have the same. */
  disk?:
    | {
        port: number
        export: string
        /** `top`: what differs from the image; `full`: all, the image is not to be had at the destination. */
        sync: 'top' | 'full'
      }
    | undefined
  /** Whether both connections are encrypted, by certificates that both hosts have. */
  tls: boolean
  /** Whether the destination can run the machine before all of its memory is there. */
  post_copy: boolean
}

/** How a machine has left its source. */
export interface Moved {
  /** Whether it ran before, and is to run at the destination. */
  running: boolean
  /** Its memory follows: there is no way back. */
  post_copy: boolean
}

/** How much of something has been moved, in bytes; none of these ever goes back. */
export interface Share {
  total: number
  /** Sent so far, repetitions included. */
  processed: number
  /** The least that was left at any time. */
  remaining: number
}
