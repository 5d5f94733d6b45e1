import type { Db } from '../revision.ts'
import { rowStore } from '../row-store.ts'

/** Roles in the database. */
export function roleStore(db: Db) {
  return {
    ...rowStore(db, 'roles', 'role'),
    /** Forgets what a role implies and what implies it. */
    async unlink(trx: Db, id: string): Promise<void> {
      await trx
        .deleteFrom('implied_roles')
        .where((eb) => eb.or([eb('prior_role_id', '=', id), eb('implied_role_id', '=', id)]))
        .execute()
    },
  }
}

export type RoleStore = ReturnType<typeof roleStore>
