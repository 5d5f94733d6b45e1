import type { GrantRow, RoleRow, TargetKind } from '../db/tables.ts'
import type { Db } from '../revision.ts'

/** A user and what it may have roles on. */
export type Holding = Omit<GrantRow, 'role_id'>

/** Grants in the database. */
export function grantStore(db: Db) {
  return {
    async has(grant: GrantRow): Promise<boolean> {
      return (await matching(db, grant).executeTakeFirst()) !== undefined
    },
    /** Roles that a user has on a target, implied ones left out. */
    rolesOf(holding: Holding): Promise<RoleRow[]> {
      return db
        .selectFrom('grants as g')
        .innerJoin('roles as r', 'r.id', 'g.role_id')
        .selectAll('r')
        .where('g.user_id', '=', holding.user_id)
        .where('g.target_kind', '=', holding.target_kind)
        .where('g.target_id', '=', holding.target_id)
        .orderBy('r.id')
        .execute()
    },
    /** Granting what is granted changes nothing. */
    async add(trx: Db, grant: GrantRow): Promise<void> {
      await trx
        .insertInto('grants')
        .values(grant)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
    async remove(trx: Db, grant: GrantRow): Promise<void> {
      let query = trx.deleteFrom('grants')
      for (const [column, value] of Object.entries(grant))
        query = query.where(column as keyof GrantRow, '=', value)
      await query.execute()
    },
    async removeOfUser(trx: Db, userId: string): Promise<void> {
      await trx.deleteFrom('grants').where('user_id', '=', userId).execute()
    },
    async removeOfRole(trx: Db, roleId: string): Promise<void> {
      await trx.deleteFrom('grants').where('role_id', '=', roleId).execute()
    },
    async removeOn(trx: Db, kind: TargetKind, id: string): Promise<void> {
      await trx.deleteFrom('grants').where('target_kind', '=', kind).where('target_id', '=', id).execute()
    },
  }
}

export type GrantStore = ReturnType<typeof grantStore>

function matching(db: Db, grant: GrantRow) {
  return db
    .selectFrom('grants')
    .selectAll()
    .where('user_id', '=', grant.user_id)
    .where('target_kind', '=', grant.target_kind)
    .where('target_id', '=', grant.target_id)
    .where('role_id', '=', grant.role_id)
}
