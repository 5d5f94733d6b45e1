import { sql, type RawBuilder } from 'kysely'
import type { TargetKind } from '../db/tables.ts'
import type { Db } from '../revision.ts'

/** What roles are asked for. */
export interface Target {
  kind: TargetKind
  /** `all` for the system. */
  id: string
}

/** That a row of `grants` is a user's own or one of its groups'. */
export const isHeldBy = (userId: string) => sql<boolean>`(
  (grants.actor_kind = 'user' and grants.actor_id = ${userId})
  or (grants.actor_kind = 'group'
    and grants.actor_id in (select group_id from group_members where user_id = ${userId})))`

/**
 * Ids of the roles that a user was given on a target: itself or by a group, there or inherited from above. What they imply
 * is not among them.
 */
export async function rolesGiven(db: Db, userId: string, { kind, id }: Target): Promise<string[]> {
  const rows = await db
    .withRecursive('above', (start) =>
      start
        .selectFrom('projects')
        .select('parent_id as id')
        .where('id', '=', kind === 'project' ? id : '')
        .union((next) =>
          next
            .selectFrom('projects as p')
            .innerJoin('above as a', 'a.id', 'p.id')
            .select('p.parent_id as id'),
        ),
    )
    .selectFrom('grants')
    .select('role_id')
    .distinct()
    .where(isHeldBy(userId))
    .where((eb) =>
      eb.or([
        eb.and({ target_kind: kind, target_id: id, inherited: 0 }),
        eb.and([eb('inherited', '=', 1), eb('target_id', 'in', eb.selectFrom('above').select('above.id'))]),
      ]),
    )
    .execute()
  return rows.map((row) => row.role_id)
}

/** A query for the ids of the projects on which a user has a role in whatever way. */
export function projectsHeldBy(userId: string): RawBuilder<string> {
  return sql<string>`(
    with recursive held as (
      select target_kind, target_id, inherited from grants where ${isHeldBy(userId)}
    ), below as (
      select p.id from projects p join held on held.target_id = p.parent_id where held.inherited = 1
      union
      select p.id from projects p join below on below.id = p.parent_id
    )
    select target_id from held where target_kind = 'project' and inherited = 0
    union
    select id from below)`
}

/** A query for the ids of the domains on which a user has a role that counts for the domain itself. */
export function domainsHeldBy(userId: string): RawBuilder<string> {
  return sql<string>`(
    select target_id from grants
    where target_kind = 'domain' and inherited = 0 and ${isHeldBy(userId)})`
}
