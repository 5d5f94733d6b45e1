import type { Db } from '../revision.ts'
import { rowStore } from '../row-store.ts'

/** Regions in the database. */
export function regionStore(db: Db) {
  return {
    ...rowStore(db, 'regions', 'region'),
    async hasEndpoints(id: string): Promise<boolean> {
      const row = await db.selectFrom('endpoints').select('id').where('region_id', '=', id).executeTakeFirst()
      return row !== undefined
    },
    /** Makes a region unless there is one of that id. */
    async ensure(trx: Db, id: string): Promise<void> {
      await trx
        .insertInto('regions')
        .values({ id, description: '', parent_region_id: null })
        .onConflict((conflict) => conflict.column('id').doNothing())
        .execute()
    },
  }
}

export type RegionStore = ReturnType<typeof regionStore>
