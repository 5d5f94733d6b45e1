import type { Kysely } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import { failureOf } from '../operations/failure.ts'
import { ClaimedLeftover, ClaimLost } from './claimed-leftover.ts'
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
    for (const { id } of due) {
      const left = await ClaimedLeftover.claim(db, id, now)
      if (left) await this.#retry(left)
    }
  }

  async #retry(left: ClaimedLeftover): Promise<void> {
    const { logger } = this.#options
    const { kind, resource_id: id, tries } = left.row
    const about = { kind, id, tries }
    try {
      await removeLeftover(this.#options, left.row, () => left.assertHeld())
      await left.removed()
      logger.info(about, 'leftover removed')
    } catch (error) {
      if (error instanceof ClaimLost) {
        logger.info(about, 'another conductor removes the leftover')
        return
      }
      const reason = failureOf(error).message
      logger.warn({ ...about, reason }, 'leftover not removed')
      await left.postponed(reason)
    }
  }
}
