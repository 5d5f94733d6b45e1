import { sql, type Kysely } from 'kysely'
import type { Logger } from '@longhaul/oslo/log'
import type { NovaTables } from '../db/tables.ts'
import type { EngineControl } from '../operations/engine-control.ts'

/** What a conductor does to workflows beside executing them. */
export type ConductorEngine = Pick<EngineControl, 'ended' | 'revive' | 'heldByOthers'>

export interface TakeOverOptions {
  db: Kysely<NovaTables>
  engine: ConductorEngine
  /** Name of this conductor. */
  conductor: string
  /** Names of the conductors that have reported lately. */
  aliveConductors: (db: Kysely<NovaTables>) => Promise<string[]>
  logger: Logger
}

/** Key of the lock in the database, so that one conductor at a time looks for operations to take over. */
const lock = 0x7a6b_0001

/**
 * Hands the operations of conductors that died to those that live. One that only seemed dead loses them all the same: their
 * next execution has a higher attempt.
 *
 * A conductor whose own reports do not arrive cannot tell who lives, and takes nothing.
 */
export async function takeOver(options: TakeOverOptions): Promise<void> {
  const { db, engine, conductor, aliveConductors, logger } = options
  await db.transaction().execute(async (trx) => {
    const { rows } = await sql<{ mine: boolean }>`select pg_try_advisory_xact_lock(${lock}) as mine`.execute(
      trx,
    )
    if (!rows[0]?.mine) return
    const alive = await aliveConductors(trx)
    if (!alive.includes(conductor)) return
    for (const held of await engine.heldByOthers(alive)) {
      logger.warn(
        { operation: held.operation, from: held.conductor },
        'a conductor is dead, its operation is taken over',
      )
      await engine.revive(held.operation)
    }
  })
}
