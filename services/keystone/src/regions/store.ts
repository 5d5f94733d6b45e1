import type { RegionRow } from '../db/tables.ts'
import type { Db } from '../revision.ts'
import { rowStore } from '../row-store.ts'

/** Regions in the database. */
export function regionStore(db: Db) {
  return {
    ...rowStore(db, 'regions', { singular: 'region', duplicate: ({ id }) => `Duplicate ID, ${id}.` }),
    /** A region and all below it. */
    async withChildren(trx: Db, id: string): Promise<RegionRow[]> {
      return trx
        .withRecursive('below', (start) =>
          start
            .selectFrom('regions')
            .select('id')
            .where('id', '=', id)
            .union((next) =>
              next
                .selectFrom('regions as r')
                .innerJoin('below as b', 'b.id', 'r.parent_region_id')
                .select('r.id'),
            ),
        )
        .selectFrom('regions')
        .selectAll()
        .where('id', 'in', (eb) => eb.selectFrom('below').select('below.id'))
        .execute()
    },
    async haveEndpoints(trx: Db, ids: readonly string[]): Promise<boolean> {
      const row = await trx
        .selectFrom('endpoints')
        .select('id')
        .where('region_id', 'in', ids)
        .executeTakeFirst()
      return row !== undefined
    },
    async deleteAll(trx: Db, ids: readonly string[]): Promise<void> {
      await trx.deleteFrom('regions').where('id', 'in', ids).execute()
    },
    /** Makes a region unless there is one of that id. */
    async ensure(trx: Db, id: string): Promise<void> {
      await trx
        .insertInto('regions')
        .values({ id, description: '', parent_region_id: null, extra: '{}' })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute()
    },
  }
}

export type RegionStore = ReturnType<typeof regionStore>
