import {
  sql,
  type Expression,
  type ExpressionBuilder,
  type Kysely,
  type Selectable,
  type SqlBool,
} from 'kysely'
import type { GlanceTables, ImageTable } from '../db/tables.ts'
import type { ListQuery, SortColumn } from './list-query.ts'

/** Whose eyes a list is for. */
export type Audience = { all: true } | { all: false; projectId: string | undefined }

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
  const visible = (eb: Builder) => eb.and([eb('status', '!=', 'deleted'), ...audienceOf(eb, query, audience)])
  let select = db
    .selectFrom('images')
    .selectAll()
    .where((eb) => eb.and([visible(eb), ...filtersOf(eb, query)]))
  const { marker, limit } = query.page
  if (marker !== undefined) {
    const start = await db
      .selectFrom('images')
      .selectAll()
      .where('id', '=', marker)
      .where((eb) => visible(eb))
      .executeTakeFirst()
    if (!start) return undefined
    select = select.where((eb) => after(eb, query.sort, start))
  }
  for (const { column, direction } of query.sort) select = select.orderBy(sortValue(column), direction)
  return await select.limit(limit).execute()
}

function audienceOf(eb: Builder, { visibility }: ListQuery, audience: Audience): Condition[] {
  if (audience.all) return []
  const visible = ['public']
  if (visibility === 'community' || visibility === 'all') visible.push('community')
  const own = audience.projectId === undefined ? [] : [eb('owner', '=', audience.projectId)]
  return [eb.or([eb('visibility', 'in', visible), ...own])]
}

function filtersOf(eb: Builder, query: ListQuery): Condition[] {
  const conditions: Condition[] = [eb('os_hidden', '=', query.hidden ? 1 : 0)]
  for (const { column, values } of query.columns) conditions.push(eb(column, 'in', values as never[]))
  if (query.visibility !== undefined && query.visibility !== 'all') {
    conditions.push(eb('visibility', '=', query.visibility))
  }
  if (query.protected !== undefined) conditions.push(eb('protected', '=', query.protected ? 1 : 0))
  if (query.sizeMin !== undefined) conditions.push(eb('size', '>=', query.sizeMin))
  if (query.sizeMax !== undefined) conditions.push(eb('size', '<=', query.sizeMax))
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
  return column === 'size' ? Number(row.size ?? -1) : (row[column] ?? '')
}
