import type { Db } from '../revision.ts'
import { rowStore } from '../row-store.ts'

/** Domains in the database. */
export function domainStore(db: Db) {
  return {
    ...rowStore(db, 'domains', 'domain'),
    named: (name: string) => db.selectFrom('domains').selectAll().where('name', '=', name).executeTakeFirst(),
    /** Enabled domains on which a user has a role. */
    grantedTo: (userId: string) =>
      db
        .selectFrom('domains')
        .selectAll()
        .where('enabled', '=', 1)
        .where('id', 'in', (grants) =>
          grants
            .selectFrom('grants')
            .select('target_id')
            .where('user_id', '=', userId)
            .where('target_kind', '=', 'domain'),
        )
        .orderBy('id')
        .execute(),
  }
}

export type DomainStore = ReturnType<typeof domainStore>
