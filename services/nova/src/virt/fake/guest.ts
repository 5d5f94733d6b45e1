import type { Port, Volume } from '../../devices-protocol.ts'
import type { PowerState } from '../../jobs-protocol.ts'
import type { Destination } from '../../migration-protocol.ts'
import type { MigrationLimits } from '../driver.ts'

/** A machine that is only pretended. */
export interface FakeGuest {
  name: string
  vcpus: number
  memoryMb: number
  /** Id of the image. */
  image: string
  powerState: PowerState
  virtualSize: number
  suspended: boolean
  volumes: readonly Volume[]
  ports: readonly Port[]
  /** Operation that has rebooted it last. */
  rebootedBy?: string
  migration?: FakeMigration | undefined
}

/** What a machine that is being migrated is at this host. */
export type FakeMigration =
  | { role: 'destination'; operation: string; destination: Destination }
  | ({
      role: 'source'
      operation: string
      running: boolean
      phase: 'moving' | 'moved' | 'post-copied'
      forced: boolean
    } & MigrationLimits)

/** A machine of which nobody is told: it has not arrived yet. */
export function isAwaited({ migration }: FakeGuest): boolean {
  return migration?.role === 'destination'
}
