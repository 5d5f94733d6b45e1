import type { ActorKind, GrantRow, RoleRow, TargetKind } from '../db/tables.ts'
import type { Db } from '../revision.ts'

/** Who may have roles on what, and whether they count there or below. */
export type Holding = Omit<GrantRow, 'role_id'>

/** Grants in the database. */
export function grantStore(db: Db) {
  const matching = (where: Partial<GrantRow>, from: Db = db) => {
    let query = from.selectFrom('grants')
    for (const [column, value] of Object.entries(where))
      query = query.where(column as keyof GrantRow, '=', value)
    return query
  }
  const remove = async (trx: Db, where: Partial<GrantRow>): Promise<void> => {
    let query = trx.deleteFrom('grants')
    for (const [column, value] of Object.entries(where))
      query = query.where(column as keyof GrantRow, '=', value)
    await query.execute()
  }
  return {
    async has(where: Partial<GrantRow>, from: Db = db): Promise<boolean> {
      return (await matching(where, from).select('role_id').executeTakeFirst()) !== undefined
    },
    /** Roles of a holding, implied ones left out. */
    rolesOf(holding: Holding): Promise<RoleRow[]> {
      return db
        .selectFrom('roles')
        .selectAll()
        .where('id', 'in', matching(holding).select('role_id'))
        .orderBy('id')
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
    remove,
    removeOf: (trx: Db, kind: ActorKind, id: string) => remove(trx, { actor_kind: kind, actor_id: id }),
    removeOn: (trx: Db, kind: TargetKind, id: string) => remove(trx, { target_kind: kind, target_id: id }),
    /** Takes away what was given to or on anything that a domain owns. */
    async removeInDomain(trx: Db, domainId: string): Promise<void> {
      await trx
        .deleteFrom('grants')
        .where((eb) => {
          const owned = (table: 'users' | 'groups' | 'projects' | 'roles') =>
            eb.selectFrom(table).select('id').where('domain_id', '=', domainId)
          return eb.or([
            eb('actor_id', 'in', owned('users')),
            eb('actor_id', 'in', owned('groups')),
            eb('target_id', 'in', owned('projects')),
            eb('role_id', 'in', owned('roles')),
            eb('target_id', '=', domainId),
          ])
        })
        .execute()
    },
  }
}

export type GrantStore = ReturnType<typeof grantStore>
