import { sql, type RawBuilder, type SqlBool } from 'kysely'
import { keysetAfter, keysetOrder, type SortKey } from '@longhaul/oslo/db'
import type { Condition } from './list-filter.ts'
import type { SortColumn } from './list-query.ts'

/** A filter as SQL, on a table whose rows have an `id`. */
export function conditionSql(condition: Condition): RawBuilder<SqlBool> {
  if ('never' in condition) return sql<SqlBool>`1 = 0`
  if ('part' in condition) {
    const pattern = `%${condition.part.replaceAll(/[\\%_]/g, String.raw`\$&`)}%`
    return sql<SqlBool>`${sql.ref(condition.column)} like ${pattern} escape '\\'`
  }
  if ('metadata' in condition) {
    const { metadata: kind, key, value } = condition
    return sql<SqlBool>`id in (select owner_id from metadata where kind = ${kind} and key = ${key} and value = ${value})`
  }
  return sql<SqlBool>`${sql.ref(condition.column)} ${sql.raw(condition.operator)} ${condition.value}`
}

/** `order by` what. */
export function orderSql(sort: readonly SortColumn[]): RawBuilder<unknown> {
  return keysetOrder(keysOf(sort))
}

/** The rows that come behind one. */
export function afterSql(sort: readonly SortColumn[], row: object): RawBuilder<boolean> {
  const values = sort.map(({ column }) => (row as Record<string, unknown>)[column])
  return keysetAfter(keysOf(sort), values)
}

function keysOf(sort: readonly SortColumn[]): SortKey[] {
  return sort.map(({ column, direction }) => ({ by: sql.ref(column), direction }))
}
