import type { Db } from '../revision.ts'
import { rowStore } from '../row-store.ts'

/** Projects in the database, and the domains among them where it says so. */
export function projectStore(db: Db) {
  const projectsAndDomains = rowStore(db, 'projects', {
    singular: 'project',
    duplicate: ({ name, id }) =>
      'it is not permitted to have two projects with either the same name or same id in the same domain: ' +
      `name is ${name}, project id ${id}`,
  })
  return {
    ...projectsAndDomains,
    findProjectOrDomain: projectsAndDomains.find,
    find: (id: string, from: Db = db) =>
      from
        .selectFrom('projects')
        .selectAll()
        .where('id', '=', id)
        .where('is_domain', '=', 0)
        .executeTakeFirst(),
    named: (name: string, domainId: string) =>
      db
        .selectFrom('projects')
        .selectAll()
        .where('name', '=', name)
        .where('domain_id', '=', domainId)
        .executeTakeFirst(),
    async hasChildren(trx: Db, id: string): Promise<boolean> {
      const child = await trx
        .selectFrom('projects')
        .select('id')
        .where('parent_id', '=', id)
        .executeTakeFirst()
      return child !== undefined
    },
    async deleteDomain(trx: Db, domainId: string): Promise<void> {
      await trx.deleteFrom('projects').where('domain_id', '=', domainId).execute()
    },
  }
}

export type ProjectStore = ReturnType<typeof projectStore>
