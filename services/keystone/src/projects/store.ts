import type { Db } from '../revision.ts'
import { rowStore } from '../row-store.ts'

/** Projects in the database. */
export function projectStore(db: Db) {
  return {
    ...rowStore(db, 'projects', 'project'),
    named: (name: string, domainId: string) =>
      db
        .selectFrom('projects')
        .selectAll()
        .where('name', '=', name)
        .where('domain_id', '=', domainId)
        .executeTakeFirst(),
    /** Enabled projects on which a user has a role. */
    grantedTo: (userId: string) =>
      db
        .selectFrom('projects')
        .selectAll()
        .where('enabled', '=', 1)
        .where('id', 'in', (grants) =>
          grants
            .selectFrom('grants')
            .select('target_id')
            .where('user_id', '=', userId)
            .where('target_kind', '=', 'project'),
        )
        .orderBy('id')
        .execute(),
    async inDomain(trx: Db, domainId: string): Promise<string[]> {
      const rows = await trx.selectFrom('projects').select('id').where('domain_id', '=', domainId).execute()
      return rows.map((row) => row.id)
    },
    async deleteDomain(trx: Db, domainId: string): Promise<void> {
      await trx.deleteFrom('projects').where('domain_id', '=', domainId).execute()
    },
  }
}

export type ProjectStore = ReturnType<typeof projectStore>
