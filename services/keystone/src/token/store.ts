import type { GrantRow } from '../db/tables.ts'
import type { Db } from '../revision.ts'
import type { Reference } from './render.ts'

/** A user with its domain. */
export async function userOf(db: Db, id: string) {
  return db
    .selectFrom('users as u')
    .innerJoin('domains as d', 'd.id', 'u.domain_id')
    .select([
      'u.id',
      'u.name',
      'u.enabled',
      'd.id as domain_id',
      'd.name as domain_name',
      'd.enabled as domain_enabled',
    ])
    .where('u.id', '=', id)
    .executeTakeFirst()
}

/** A project with its domain. */
export async function projectOf(db: Db, id: string) {
  return db
    .selectFrom('projects as p')
    .innerJoin('domains as d', 'd.id', 'p.domain_id')
    .select([
      'p.id',
      'p.name',
      'p.enabled',
      'd.id as domain_id',
      'd.name as domain_name',
      'd.enabled as domain_enabled',
    ])
    .where('p.id', '=', id)
    .executeTakeFirst()
}

export async function domainOf(db: Db, id: string) {
  return db.selectFrom('domains').select(['id', 'name', 'enabled']).where('id', '=', id).executeTakeFirst()
}

/** What a role is asked for. */
export type Target = Pick<GrantRow, 'target_kind' | 'target_id'>

/** A user's roles on a target, implied ones included, by name. */
export async function rolesOn(db: Db, userId: string, target: Target): Promise<Reference[]> {
  const granted = await db
    .selectFrom('grants')
    .select('role_id')
    .where('user_id', '=', userId)
    .where('target_kind', '=', target.target_kind)
    .where('target_id', '=', target.target_id)
    .execute()
  if (granted.length === 0) return []
  const implications = await db.selectFrom('implied_roles').selectAll().execute()
  const ids = new Set(granted.map((row) => row.role_id))
  // A set grows while it is walked: what an implied role implies counts as well.
  for (const id of ids) {
    for (const row of implications) if (row.prior_role_id === id) ids.add(row.implied_role_id)
  }
  return db
    .selectFrom('roles')
    .select(['id', 'name'])
    .where('id', 'in', [...ids])
    .orderBy('name')
    .execute()
}

/** All services and endpoints that are switched on, in a stable order. */
export async function catalogRows(db: Db) {
  const services = await db
    .selectFrom('services')
    .selectAll()
    .where('enabled', '=', 1)
    .orderBy('type')
    .execute()
  const endpoints = await db
    .selectFrom('endpoints')
    .selectAll()
    .where('enabled', '=', 1)
    .orderBy('interface')
    .orderBy('id')
    .execute()
  return { services, endpoints }
}
