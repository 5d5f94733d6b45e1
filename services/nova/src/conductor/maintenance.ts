import { NotFound } from '@longhaul/keystoneauth'
import type { Kysely } from 'kysely'
import type { Logger } from '@longhaul/oslo/log'
import type { NovaTables } from '../db/tables.ts'
import { takeOver, type ConductorEngine } from './take-over.ts'
import { failureOf, StaleAttempt, TerminalError } from '../operations/failure.ts'

export interface MaintenanceOptions {
  db: Kysely<NovaTables>
  /** Deletes an image as nova itself; undefined without credentials for it. */
  deleteImage: ((id: string) => Promise<void>) | undefined
  /** Makes a host's agent forget an operation. */
  forget: (host: string, operation: { id: string; attempt: number }) => Promise<void>
  /** The engine, for operations that nobody executes any more. */
  engine: ConductorEngine
  /** Name of this conductor. */
  conductor: string
  /** Names of the conductors that have reported lately. */
  aliveConductors: (db: Kysely<NovaTables>) => Promise<string[]>
  /** Age at which a reservation without an operation is given up, in milliseconds. */
  reapAfterMs: () => number
  now: () => Date
  logger: Logger
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
    await this.#reapReservations()
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

  /**
   * An image that nova-api reserved and for which no operation began becomes a leftover. nova-api needs its reservation in
   * the transaction that begins the operation, so an image is either reaped or owned by an operation, never both.
   */
  async #reapReservations(): Promise<void> {
    const { db, now, reapAfterMs, logger } = this.#options
    const at = now()
    const reaped = await db.transaction().execute(async (trx) => {
      const rows = await trx
        .deleteFrom('image_reservations')
        .where('created_at', '<', new Date(at.getTime() - reapAfterMs()))
        .returning('image_id')
        .execute()
      for (const { image_id: resource_id } of rows) {
        const made = { kind: 'image', resource_id, operation_id: null, host: null, attempt: 1 }
        const row = { ...made, created_at: at, next_try_at: at }
        await trx
          .insertInto('leftovers')
          .values({ ...row, reason: 'no operation began for the image' })
          .onConflict((conflict) => conflict.columns(['kind', 'resource_id']).doNothing())
          .execute()
      }
      return rows
    })
    for (const { image_id: image } of reaped) logger.info({ image }, 'reservation given up')
  }

  /** Tries again to remove what operations could not remove. */
  async #retryLeftovers(): Promise<void> {
    const { db, now, logger } = this.#options
    const due = await db
      .selectFrom('leftovers')
      .selectAll()
      .where('next_try_at', '<=', now())
      .orderBy('next_try_at')
      .limit(batch)
      .execute()
    for (const left of due) {
      const about = { kind: left.kind, id: left.resource_id, tries: left.tries + 1 }
      try {
        await this.#remove(left)
        await db.deleteFrom('leftovers').where('id', '=', left.id).execute()
        logger.info(about, 'leftover removed')
      } catch (error) {
        const reason = failureOf(error).message
        const wait = Math.min(firstPauseMs * 2 ** Math.min(left.tries, 16), longestPauseMs)
        logger.warn({ ...about, reason }, 'leftover not removed')
        await db
          .updateTable('leftovers')
          .set({ tries: left.tries + 1, reason, next_try_at: new Date(now().getTime() + wait) })
          .where('id', '=', left.id)
          .execute()
      }
    }
  }

  async #remove(left: { kind: string; resource_id: string; host: string | null; attempt: number }) {
    const { deleteImage, forget } = this.#options
    try {
      if (left.kind === 'agent-operation' && left.host !== null) {
        await forget(left.host, { id: left.resource_id, attempt: left.attempt })
      } else if (deleteImage) await deleteImage(left.resource_id)
      else throw new TerminalError('credentials_missing', 'nova has no credentials in [glance]')
    } catch (error) {
      // Gone already, or a later execution of the operation cares for it.
      if (!(error instanceof NotFound) && !(error instanceof StaleAttempt)) throw error
    }
  }
}
