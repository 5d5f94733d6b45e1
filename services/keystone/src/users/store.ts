import type { Db } from '../revision.ts'
import { nameTaken, rowStore } from '../row-store.ts'

/** Users in the database. */
export function userStore(db: Db) {
  return {
    ...rowStore(db, 'users', { singular: 'user', duplicate: nameTaken }),
    named: (name: string, domainId: string) =>
      db
        .selectFrom('users')
        .selectAll()
        .where('name', '=', name)
        .where('domain_id', '=', domainId)
        .executeTakeFirst(),
    async deleteDomain(trx: Db, domainId: string): Promise<void> {
      await trx.deleteFrom('users').where('domain_id', '=', domainId).execute()
    },
    /** Takes a project away as anybody's default. */
    async forgetDefaultProject(trx: Db, projectId: string): Promise<void> {
      await trx
        .updateTable('users')
        .set({ default_project_id: null })
        .where('default_project_id', '=', projectId)
        .execute()
    },
    /** The same for all projects of a domain. */
    async forgetDefaultProjectsIn(trx: Db, domainId: string): Promise<void> {
      const projects = trx.selectFrom('projects').select('id').where('domain_id', '=', domainId)
      await trx
        .updateTable('users')
        .set({ default_project_id: null })
        .where('default_project_id', 'in', projects)
        .execute()
    },
  }
}

export type UserStore = ReturnType<typeof userStore>
