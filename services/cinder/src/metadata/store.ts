import type { Kysely } from 'kysely'
import type { CinderTables } from '../db/tables.ts'

/** What users say of a volume or snapshot, in the database. */
export class MetadataStore {
  readonly #db: Kysely<CinderTables>

  constructor(db: Kysely<CinderTables>) {
    this.#db = db
  }

  async all(ownerId: string): Promise<Record<string, string>> {
    const rows = await this.#db
      .selectFrom('metadata')
      .select(['key', 'value'])
      .where('owner_id', '=', ownerId)
      .where('kind', '=', 'user')
      .orderBy('key')
      .execute()
    return Object.fromEntries(rows.map(({ key, value }) => [key, value]))
  }

  /** Sets items. @param only whether the others are removed */
  async set(ownerId: string, items: Readonly<Record<string, string>>, only: boolean): Promise<void> {
    const rows = Object.entries(items).map(([key, value]) => ({
      owner_id: ownerId,
      kind: 'user' as const,
      key,
      value,
    }))
    await this.#db.transaction().execute(async (trx) => {
      if (only) {
        await trx.deleteFrom('metadata').where('owner_id', '=', ownerId).where('kind', '=', 'user').execute()
      }
      if (rows.length === 0) return
      await trx
        .insertInto('metadata')
        .values(rows)
        .onConflict((conflict) =>
          conflict
            .columns(['owner_id', 'kind', 'key'])
            .doUpdateSet((row) => ({ value: row.ref('excluded.value') })),
        )
        .execute()
    })
  }

  /** @returns whether there was one */
  async delete(ownerId: string, key: string): Promise<boolean> {
    const result = await this.#db
      .deleteFrom('metadata')
      .where('owner_id', '=', ownerId)
      .where('kind', '=', 'user')
      .where('key', '=', key)
      .executeTakeFirst()
    return result.numDeletedRows > 0n
  }
}
