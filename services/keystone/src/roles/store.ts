import type { Db } from '../revision.ts'
import { nameTaken, rowStore } from '../row-store.ts'

/** Roles in the database. */
export function roleStore(db: Db) {
  return {
    ...rowStore(db, 'roles', { singular: 'role', duplicate: nameTaken }),
    /** Forgets what a role implies and what implies it. */
    async unlink(trx: Db, id: string): Promise<void> {
      await trx
        .deleteFrom('implied_roles')
        .where((eb) => eb.or([eb('prior_role_id', '=', id), eb('implied_role_id', '=', id)]))
        .execute()
    },
    /** Removes the roles of a domain. */
    async deleteDomain(trx: Db, domainId: string): Promise<void> {
      const own = trx.selectFrom('roles').select('id').where('domain_id', '=', domainId)
      await trx
        .deleteFrom('implied_roles')
        .where((eb) => eb.or([eb('prior_role_id', 'in', own), eb('implied_role_id', 'in', own)]))
        .execute()
      await trx.deleteFrom('roles').where('domain_id', '=', domainId).execute()
    },
  }
}

export type RoleStore = ReturnType<typeof roleStore>
