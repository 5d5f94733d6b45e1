import type { Database } from '@longhaul/oslo/db'
import { sql, type Kysely } from 'kysely'
import type { Tables } from './db/tables.ts'

/** A transaction, or the database outside of one. */
export type Db = Kysely<Tables>

/**
 * A value that changes whenever the database has changed, whichever process changed it: what was read under one value
 * holds as long as it is current.
 *
 * SQLite counts the commits of other connections (`data_version`), our own are counted here. On PostgreSQL every write
 * raises a row, and all requests that wait at the same moment share one look at it.
 *
 * @see https://www.sqlite.org/pragma.html#pragma_data_version
 */
export class Revision {
  readonly #database: Database<Tables>
  #own = 0
  /** The answer to all requests of this turn of the event loop. */
  #look: Promise<string> | undefined
  #reading: Promise<string> | undefined
  #following: Promise<string> | undefined

  constructor(database: Database<Tables>) {
    this.#database = database
  }

  /** The value now: no write that ended before the call is missing in it. */
  async current(): Promise<string> {
    if (this.#database.kind === 'postgresql') return this.#epoch()
    const { rows } = await dataVersion.execute(this.#database.kysely)
    return `${rows[0]?.data_version}.${this.#own}`
  }

  /**
   * The same for requests from a connection: those that are handled in one turn of the event loop share a look. All of them
   * had come before it, and so had every write whose end their senders may have seen.
   */
  thisTurn(): Promise<string> {
    if (!this.#look) {
      this.#look = this.current()
      setImmediate(() => (this.#look = undefined))
    }
    return this.#look
  }

  /**
   * Runs a write in one transaction. Every write of the service goes through here, so that no process goes on with what
   * it knew. Writes go one after another, on PostgreSQL too, as each begins by taking the row of the epoch: what one of
   * them has checked in the transaction is still true when it ends.
   *
   * @param work uses the given transaction only
   */
  async write<T>(work: (trx: Db) => Promise<T>): Promise<T> {
    const result = await this.#database.kysely.transaction().execute(async (trx) => {
      if (this.#database.kind === 'postgresql') await raiseEpoch(trx)
      return work(trx)
    })
    this.#own += 1
    this.#look = undefined
    return result
  }

  // A look that is under way may have begun before a write that our caller knows of: such a caller waits for the next.
  #epoch(): Promise<string> {
    if (!this.#reading) {
      this.#reading = readEpoch(this.#database.kysely).finally(() => (this.#reading = undefined))
      return this.#reading
    }
    this.#following ??= this.#reading
      .then(
        () => undefined,
        () => undefined,
      )
      .then(() => {
        this.#following = undefined
        return this.#epoch()
      })
    return this.#following
  }
}

const dataVersion = sql<{ data_version: number }>`pragma data_version`

async function readEpoch(db: Db): Promise<string> {
  const row = await db
    .selectFrom('service_state')
    .select('value')
    .where('name', '=', 'epoch')
    .executeTakeFirstOrThrow()
  return String(row.value)
}

async function raiseEpoch(trx: Db): Promise<void> {
  await trx
    .updateTable('service_state')
    .set((eb) => ({ value: eb('value', '+', 1) }))
    .where('name', '=', 'epoch')
    .execute()
}

/** What is known of one revision; made anew as soon as there is another. */
export class PerRevision<S> {
  readonly #revision: Pick<Revision, 'current'>
  readonly #make: () => S
  #at: string | undefined
  #known: S | undefined

  constructor(revision: Pick<Revision, 'current'>, make: () => S) {
    this.#revision = revision
    this.#make = make
  }

  async current(): Promise<S> {
    const at = await this.#revision.current()
    if (this.#known === undefined || at !== this.#at) {
      this.#at = at
      this.#known = this.#make()
    }
    return this.#known
  }
}
