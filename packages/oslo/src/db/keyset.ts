import { sql } from 'kysely'
import type { Expression, RawBuilder } from 'kysely'

/** One key of an order. Absent values come first when it ascends, last when it descends. */
export interface SortKey {
  by: Expression<unknown>
  direction: 'asc' | 'desc'
}

/** `order by` what; the last key must be unique, or pages overlap. */
export function keysetOrder(keys: readonly SortKey[]): RawBuilder<unknown> {
  const parts = keys.map(({ by, direction }) =>
    direction === 'asc' ? sql`${by} asc nulls first` : sql`${by} desc nulls last`,
  )
  return sql.join(parts)
}

/**
 * True for the rows that come after one row in an order: what a page after a marker holds.
 *
 * @param marker that row's value for each key
 */
export function keysetAfter(keys: readonly SortKey[], marker: readonly unknown[]): RawBuilder<boolean> {
  const ways = keys.map((key, i) => {
    const same = keys.slice(0, i).map(({ by }, j) => sql`${by} is not distinct from ${marker[j]}`)
    return sql`(${sql.join([...same, after(key, marker[i])], sql` and `)})`
  })
  return sql<boolean>`(${sql.join(ways, sql` or `)})`
}

function after({ by, direction }: SortKey, value: unknown): RawBuilder<unknown> {
  const absent = value === null || value === undefined
  if (direction === 'asc') return absent ? sql`${by} is not null` : sql`${by} > ${value}`
  return absent ? sql`false` : sql`(${by} < ${value} or ${by} is null)`
}
