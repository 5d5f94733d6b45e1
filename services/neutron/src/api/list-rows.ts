import { sql, type Kysely, type RawBuilder, type Selectable } from 'kysely'
import { keysetAfter, keysetOrder } from '@longhaul/oslo/db'
import type { NeutronTables } from '../db/tables.ts'
import type { ListQuery } from './list-query.ts'

/** Tables of resources. */
export type ResourceTable = 'networks' | 'subnets' | 'ports'
export type Condition = RawBuilder<unknown>

/**
 * The rows of one page.
 *
 * @param conditions what the caller sees, and what the list's own filters ask for
 * @returns undefined if the marker is no row that the caller sees
 */
export async function listRows<T extends ResourceTable>(
  db: Kysely<NeutronTables>,
  table: T,
  query: ListQuery,
  { scope, filters = [] }: { scope: Condition; filters?: readonly Condition[] },
): Promise<Selectable<NeutronTables[T]>[] | undefined> {
  type Row = Selectable<NeutronTables[T]>
  const from = sql.table(table)
  const conditions = [scope, ...filters, ...query.filters.map(({ column, values }) => among(column, values))]
  const keys = query.sort.map(({ column, direction }) => ({
    by: sql.ref(column),
    direction: query.reverse ? opposite[direction] : direction,
  }))
  if (query.marker !== undefined && query.limit !== undefined) {
    const found = await sql<Row>`select * from ${from} where id = ${query.marker} and ${scope}`.execute(db)
    const start = found.rows[0] as Record<string, unknown> | undefined
    if (!start) return undefined
    conditions.push(
      keysetAfter(
        keys,
        query.sort.map(({ column }) => start[column]),
      ),
    )
  }
  const limit = query.limit === undefined ? sql`` : sql`limit ${query.limit}`
  const { rows } =
    await sql<Row>`select * from ${from} where ${sql.join(conditions, sql` and `)} order by ${keysetOrder(keys)} ${limit}`.execute(
      db,
    )
  return query.reverse ? rows.toReversed() : rows
}

const opposite = { asc: 'desc', desc: 'asc' } as const

function among(column: string, values: readonly (string | number)[]): Condition {
  return values.length > 0 ? sql`${sql.ref(column)} in (${sql.join(values)})` : sql`1 = 0`
}
