import type { Db } from '../revision.ts'
import { rowStore } from '../row-store.ts'

/** Domains in the database: the projects that are domains. */
export function domainStore(db: Db) {
  return {
    ...rowStore(db, 'projects', {
      singular: 'project',
      duplicate: ({ name }) =>
        `it is not permitted to have two projects acting as domains with the same name: ${name}`,
      where: { is_domain: 1 },
    }),
    named: (name: string) =>
      db
        .selectFrom('projects')
        .selectAll()
        .where('is_domain', '=', 1)
        .where('name', '=', name)
        .executeTakeFirst(),
  }
}

export type DomainStore = ReturnType<typeof domainStore>
