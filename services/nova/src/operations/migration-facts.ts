import type { Destination, Machine, Moved } from '../migration-protocol.ts'

/** An attachment of the source and the one that replaces it. */
export interface Replaced {
  volume: string
  old: string
  new: string
}

/** What steps tell the later ones. */
export interface LiveMigrationFacts {
  host?: string
  destination?: string
  attachments?: Replaced[]
  /** Ids of those that are bound to the destination as well. */
  ports?: string[]
  machine?: Machine
  awaited?: Destination
  /** Whether the machine may go on before its memory is there. */
  postCopy?: boolean
  moved?: Moved
  /** There is no way back. */
  arrived?: true
}
