import {
  sql,
  type Expression,
  type ExpressionBuilder,
  type Kysely,
  type Selectable,
  type SqlBool,
} from 'kysely'
import type { GlanceTables, ImageTable } from '../db/tables.ts'
import type { ListQuery } from './list-query.ts'
import type { SortColumn } from './list-sort.ts'

/** Whose eyes a list is for. */
export interface Audience {
  /** Sees the images of all projects. */
  all: boolean
  projectId: string | undefined
}

type Builder = ExpressionBuilder<GlanceTables, 'images'>
type Condition = Expression<SqlBool>

/**
 * The rows of one page. Community images of others are shown only when they are asked for, as in Glance.
 *
 * @returns undefined if the marker is no image that the audience sees
 */
export async function selectImages(
  db: Kysely<GlanceTables>,
  query: ListQuery,
  audience: Audience,
): Promise<Selectable<ImageTable>[] | undefined> {
  let select = db
    .selectFrom('images')
    .selectAll()
    .where((eb) =>
      eb.and([
        ...visibleTo(eb, audience, query.memberStatus),
        ...offered(eb, query, audience),
        ...filtersOf(eb, query),
      ]),
    )
  const { marker, limit } = query.page
  if (marker !== undefined) {
    const start = await db
      .selectFrom('images')
      .selectAll()
      .where('id', '=', marker)
      .where((eb) => eb.and(visibleTo(eb, audience, 'all')))
      .executeTakeFirst()
    if (!start) return undefined
    select = select.where((eb) => after(eb, query.sort, start))
  }
  for (const { column, direction } of query.sort) select = select.orderBy(sortValue(column), direction)
  return await select.limit(limit).execute()
}

function visibleTo(
  eb: Builder,
  { all, projectId }: Audience,
  memberStatus: ListQuery['memberStatus'],
): Condition[] {
  const exists = eb('status', '!=', 'deleted')
  if (all) return [exists]
  const visible: Condition[] = [eb('visibility', 'in', ['public', 'community'])]
  if (projectId !== undefined) {
    let shared = eb.selectFrom('image_members').select('image_id').where('member_id', '=', projectId)
    if (memberStatus !== 'all') shared = shared.where('image_members.status', '=', memberStatus)
    visible.push(eb('owner', '=', projectId))
    visible.push(eb.and([eb('visibility', '=', 'shared'), eb('id', 'in', shared)]))
  }
  return [exists, eb.or(visible)]
}

function offered(eb: Builder, { visibility }: ListQuery, { projectId }: Audience): Condition[] {
  if (visibility === 'all') return []
  if (visibility !== undefined) return [eb('visibility', '=', visibility)]
  const own = projectId === undefined ? [] : [eb('owner', '=', projectId)]
  return [eb.or([eb('visibility', '!=', 'community'), ...own])]
}

function filtersOf(eb: Builder, query: ListQuery): Condition[] {
  const conditions: Condition[] = [eb('os_hidden', '=', query.hidden ? 1 : 0)]
  for (const { column, values } of query.columns) {
    // An empty list is no SQL.
    conditions.push(values.length > 0 ? eb(column, 'in', values as never[]) : sql<SqlBool>`1 = 0`)
  }
  for (const { column, operator, value } of query.numbers) conditions.push(eb(column, operator, value))
  for (const { column, from, before, outside } of query.times) {
    const within = [
      ...(from === undefined ? [] : [eb(column, '>=', from)]),
      ...(before === undefined ? [] : [eb(column, '<', before)]),
    ]
    conditions.push(outside ? eb.not(eb.and(within)) : eb.and(within))
  }
  if (query.protected !== undefined) conditions.push(eb('protected', '=', query.protected ? 1 : 0))
  for (const value of query.tags) {
    const tagged = eb.selectFrom('image_tags').select('image_id').where('value', '=', value)
    conditions.push(eb('id', 'in', tagged))
  }
  for (const [name, value] of query.properties) {
    const having = eb
      .selectFrom('image_properties')
      .select('image_id')
      .where('name', '=', name)
      .where('value', '=', value)
    conditions.push(eb('id', 'in', having))
  }
  return conditions
}

/** Nothing sorts before everything, in every database. */
function sortValue(column: SortColumn): Expression<string | number> {
  if (column === 'size') return sql<number>`coalesce(size, -1)`
  return sql<string>`coalesce(${sql.ref(column)}, '')`
}

/** Rows that come after one, in a sort by several columns: greater in the first, or equal there and greater in the second, … */
function after(eb: Builder, sort: ListQuery['sort'], start: Selectable<ImageTable>): Condition {
  const alternatives = sort.map(({ column, direction }, index) => {
    const equal = sort
      .slice(0, index)
      .map((key) => eb(sortValue(key.column), '=', valueOf(start, key.column)))
    return eb.and([...equal, eb(sortValue(column), direction === 'asc' ? '>' : '<', valueOf(start, column))])
  })
  return eb.or(alternatives)
}

function valueOf(row: Selectable<ImageTable>, column: SortColumn): string | number {
  return column === 'size' ? (row.size ?? -1) : (row[column] ?? '')
}
