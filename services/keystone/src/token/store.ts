import { implicationsOf, impliedBy } from '../assignments/implied.ts'
import { rolesGiven, type Target } from '../assignments/held.ts'
import type { Db } from '../revision.ts'
import type { Reference } from './render.ts'

/** A user with its domain. */
export async function userOf(db: Db, id: string) {
  return db
    .selectFrom('users as u')
    .innerJoin('projects as d', 'd.id', 'u.domain_id')
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
    .innerJoin('projects as d', 'd.id', 'p.domain_id')
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
  return db
    .selectFrom('projects')
    .select(['id', 'name', 'enabled'])
    .where('id', '=', id)
    .where('is_domain', '=', 1)
    .executeTakeFirst()
}

/** A user's roles on a target by name, implied ones included. Roles of a domain only bring others along. */
export async function rolesOn(db: Db, userId: string, target: Target): Promise<Reference[]> {
  const given = await rolesGiven(db, userId, target)
  if (given.length === 0) return []
  const implications = implicationsOf(await db.selectFrom('implied_roles').selectAll().execute())
  const ids = new Set(given.flatMap((id) => [id, ...impliedBy(id, implications).keys()]))
  return db
    .selectFrom('roles')
    .select(['id', 'name'])
    .where('id', 'in', [...ids])
    .where('domain_id', '=', '')
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
