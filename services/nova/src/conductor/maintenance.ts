import { NotFound } from '@longhaul/keystoneauth'
import type { Kysely, Selectable, Transaction } from 'kysely'
import type { LeftoversTable, NovaTables } from '../db/tables.ts'
import { failureOf, StaleAttempt } from '../operations/failure.ts'
import { removeLeftover, type LeftoverOptions } from './leftovers.ts'
import { reapReservations, type ReservationOptions } from './reservations.ts'
import { takeOver, type ConductorEngine } from './take-over.ts'

export interface MaintenanceOptions extends LeftoverOptions, ReservationOptions {
  /** The engine, for operations that nobody executes any more. */
  engine: ConductorEngine
  /** Name of this conductor. */
  conductor: string
  /** Names of the conductors that have reported lately. */
  aliveConductors: (db: Kysely<NovaTables>) => Promise<string[]>
}

const batch = 20
const firstPauseMs = 10_000
const longestPauseMs = 600_000

/** Cleans up behind processes that died and services that were away. Every round may be repeated or cut off anywhere. */
export class Maintenance {
  readonly #options: MaintenanceOptions

  constructor(options: MaintenanceOptions) {
    this.#options = options
  }

  /** Sees to it that every operation is executed. Asks nobody but the database, so that nobody else can hold it up. */
  async keepOperationsGoing(): Promise<void> {
    await takeOver(this.#options)
    await this.#reviveOperations()
  }

  /** Removes what operations and requests left. Waits for other services. */
  async removeLeftovers(): Promise<void> {
    await reapReservations(this.#options)
    await this.#retryLeftovers()
  }

  /**
   * An operation whose workflow has ended although the operation has not is executed again: an error that nobody foresaw,
   * or too many crashes, have ended it. One that just ends is left alone.
   */
  async #reviveOperations(): Promise<void> {
    const { db, now, reapAfterMs, engine, logger } = this.#options
    const unfinished = await db
      .selectFrom('operations')
      .select('id')
      .where('state', 'in', ['queued', 'running'])
      .where('created_at', '<', new Date(now().getTime() - reapAfterMs()))
      .orderBy('created_at')
      .execute()
    for (const id of await engine.ended(unfinished.map((row) => row.id))) {
      const row = await db
        .selectFrom('operations')
        .select('finished_at')
        .where('id', '=', id)
        .executeTakeFirst()
      if (!row || row.finished_at !== null) continue
      logger.warn({ operation: id }, 'the execution of an operation had ended too early, it begins again')
      await engine.revive(id)
    }
  }

  /** Tries again to remove what operations could not remove. */
  async #retryLeftovers(): Promise<void> {
    const { db, now } = this.#options
    const due = await db
      .selectFrom('leftovers')
      .select('id')
      .where('next_try_at', '<=', now())
      .orderBy('next_try_at')
      .limit(batch)
      .execute()
    for (const { id } of due) await db.transaction().execute((trx) => this.#retry(trx, id))
  }

  /** One conductor at a time: a second one that comes late would take what somebody has attached again since. */
  async #retry(trx: Transaction<NovaTables>, id: number): Promise<void> {
    const { now, logger } = this.#options
    const left = await trx
      .selectFrom('leftovers')
      .selectAll()
      .where('id', '=', id)
      .forUpdate()
      .skipLocked()
      .executeTakeFirst()
    if (!left) return
    const about = { kind: left.kind, id: left.resource_id, tries: left.tries + 1 }
    try {
      await this.#remove(trx, left)
      await trx.deleteFrom('leftovers').where('id', '=', id).execute()
      logger.info(about, 'leftover removed')
    } catch (error) {
      const reason = failureOf(error).message
      const wait = Math.min(firstPauseMs * 2 ** Math.min(left.tries, 16), longestPauseMs)
      logger.warn({ ...about, reason }, 'leftover not removed')
      await trx
        .updateTable('leftovers')
        .set({ tries: left.tries + 1, reason, next_try_at: new Date(now().getTime() + wait) })
        .where('id', '=', id)
        .execute()
    }
  }

  async #remove(trx: Transaction<NovaTables>, left: Selectable<LeftoversTable>) {
    try {
      await removeLeftover(trx, this.#options, left)
    } catch (error) {
      // Gone already, or a later execution of the operation cares for it.
      if (!(error instanceof NotFound) && !(error instanceof StaleAttempt)) throw error
    }
  }
}
