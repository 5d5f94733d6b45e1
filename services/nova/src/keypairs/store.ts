import type { Insertable, Kysely, Selectable, Transaction } from 'kysely'
import { isUniqueViolation } from '@longhaul/oslo/db'
import type { KeyPairsTable, NovaTables } from '../db/tables.ts'

export type KeyPair = Selectable<KeyPairsTable>

/** SQL about key pairs. */
export class KeypairStore {
  readonly #db: Kysely<NovaTables>

  constructor(db: Kysely<NovaTables>) {
    this.#db = db
  }

  async find(userId: string, name: string): Promise<KeyPair | undefined> {
    return await this.#db
      .selectFrom('key_pairs')
      .selectAll()
      .where('user_id', '=', userId)
      .where('name', '=', name)
      .executeTakeFirst()
  }

  /** By name. @param page.marker name of the last one of the page before */
  async list(userId: string, page: { limit?: number; marker?: string }): Promise<KeyPair[]> {
    const { limit, marker } = page
    return await this.#db
      .selectFrom('key_pairs')
      .selectAll()
      .where('user_id', '=', userId)
      .$if(marker !== undefined, (query) => query.where('name', '>', marker!))
      .orderBy('name')
      .$if(limit !== undefined, (query) => query.limit(limit!))
      .execute()
  }

  /**
   * @param reserve refuses in the transaction that inserts if the user has too many
   * @returns undefined if the user has one of that name
   */
  async insert(
    keypair: Insertable<KeyPairsTable>,
    reserve: (trx: Transaction<NovaTables>) => Promise<void>,
  ): Promise<KeyPair | undefined> {
    try {
      return await this.#db.transaction().execute(async (trx) => {
        await reserve(trx)
        return await trx.insertInto('key_pairs').values(keypair).returningAll().executeTakeFirstOrThrow()
      })
    } catch (error) {
      if (isUniqueViolation(error)) return undefined
      throw error
    }
  }

  /** @returns whether there was one */
  async delete(userId: string, name: string): Promise<boolean> {
    const deleted = await this.#db
      .deleteFrom('key_pairs')
      .where('user_id', '=', userId)
      .where('name', '=', name)
      .executeTakeFirst()
    return deleted.numDeletedRows > 0n
  }
}
