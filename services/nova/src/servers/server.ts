import type { ServerFlavor, ServersTable } from '../db/tables.ts'

/** A server as it is read. */
export type ServerRow = Omit<ServersTable, 'flavor' | 'metadata'> & {
  flavor: ServerFlavor
  metadata: Record<string, string>
}

/** Why a server is in error. */
export interface Fault {
  code: number
  message: string
  created_at: Date
  details: string | null
}

/** A volume that a server has. */
export interface AttachedVolume {
  id: string
  delete_on_termination: boolean
}

/** What a port of a server was known as when it was last looked at. */
export interface ServerAddresses {
  /** Name of its network. */
  network: string
  mac: string
  addresses: readonly string[]
}
