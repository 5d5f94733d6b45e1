import { sql } from 'kysely'
import type { ProjectRow } from './db/tables.ts'
import type { Db } from './revision.ts'

/** The projects above one, the nearest first, the domain last. */
export async function ancestorsOf(db: Db, id: string): Promise<ProjectRow[]> {
  return db
    .withRecursive('above(id, distance)', (start) =>
      start
        .selectFrom('projects')
        .select(['parent_id as id', sql<number>`1`.as('distance')])
        .where('id', '=', id)
        .unionAll((next) =>
          next
            .selectFrom('projects as p')
            .innerJoin('above as a', 'a.id', 'p.id')
            .select(['p.parent_id as id', sql<number>`a.distance + 1`.as('distance')]),
        ),
    )
    .selectFrom('projects as p')
    .innerJoin('above as a', 'a.id', 'p.id')
    .selectAll('p')
    .orderBy('a.distance')
    .execute()
}

/** The projects below one, at every depth. */
export async function subtreeOf(db: Db, id: string): Promise<ProjectRow[]> {
  return db
    .withRecursive('below', (start) =>
      start
        .selectFrom('projects')
        .select('id')
        .where('parent_id', '=', id)
        .union((next) =>
          next.selectFrom('projects as p').innerJoin('below as b', 'b.id', 'p.parent_id').select('p.id'),
        ),
    )
    .selectFrom('projects')
    .selectAll()
    .where('id', 'in', (eb) => eb.selectFrom('below').select('below.id'))
    .orderBy('id')
    .execute()
}
