import type { Db } from '../revision.ts'
import { rowStore } from '../row-store.ts'

/** Users in the database. */
export function userStore(db: Db) {
  return {
    ...rowStore(db, 'users', 'user'),
    named: (name: string, domainId: string) =>
      db
        .selectFrom('users')
        .selectAll()
        .where('name', '=', name)
        .where('domain_id', '=', domainId)
        .executeTakeFirst(),
    async inDomain(trx: Db, domainId: string): Promise<string[]> {
      const rows = await trx.selectFrom('users').select('id').where('domain_id', '=', domainId).execute()
      return rows.map((row) => row.id)
    },
    async deleteDomain(trx: Db, domainId: string): Promise<void> {
      await trx.deleteFrom('users').where('domain_id', '=', domainId).execute()
    },
  }
}

export type UserStore = ReturnType<typeof userStore>
