import type { Kysely } from 'kysely'
import { isUniqueViolation } from '@longhaul/oslo/db'
import type { NovaTables } from '../db/tables.ts'

export type Flavor = NovaTables['flavors']

export interface FlavorFilter {
  /** Absent: public or not. */
  isPublic?: boolean
  /** MiB at least. */
  minRam?: number
  /** GiB at least. */
  minDisk?: number
}

/** SQL about flavors. */
export class FlavorStore {
  readonly #db: Kysely<NovaTables>

  constructor(db: Kysely<NovaTables>) {
    this.#db = db
  }

  async find(id: string): Promise<Flavor | undefined> {
    return await this.#db.selectFrom('flavors').selectAll().where('id', '=', id).executeTakeFirst()
  }

  /** By id. @param page.marker id of the last flavor of the page before */
  async list(filter: FlavorFilter, page: { limit: number; marker?: string }): Promise<Flavor[]> {
    const { isPublic, minRam = 0, minDisk = 0 } = filter
    return await this.#db
      .selectFrom('flavors')
      .selectAll()
      .where('ram', '>=', minRam)
      .where('disk', '>=', minDisk)
      .$if(isPublic !== undefined, (query) => query.where('is_public', '=', isPublic === true))
      .$if(page.marker !== undefined, (query) => query.where('id', '>', page.marker ?? ''))
      .orderBy('id')
      .limit(page.limit)
      .execute()
  }

  /** @returns false if the id or the name is taken */
  async insert(flavor: Flavor): Promise<boolean> {
    try {
      await this.#db.insertInto('flavors').values(flavor).execute()
      return true
    } catch (error) {
      if (isUniqueViolation(error)) return false
      throw error
    }
  }

  /** @returns false if there is no such flavor */
  async delete(id: string): Promise<boolean> {
    const deleted = await this.#db.deleteFrom('flavors').where('id', '=', id).executeTakeFirst()
    return deleted.numDeletedRows > 0n
  }
}
