import { sql, type ExpressionBuilder, type ExpressionWrapper, type RawBuilder, type SqlBool } from 'kysely'

/** What a list's query asks of an attribute: `name=x`, `name__contains=x`, `name__icontains=X`. */
export interface Filter {
  name: string
  value: string
  comparison: 'equals' | 'contains' | 'startswith' | 'endswith'
  ignoreCase: boolean
}

export type Query = Readonly<Record<string, string | readonly string[] | undefined>>

const inexact = /^(.+)__(i?)(contains|startswith|endswith)$/

/**
 * The filters of a query, each as often as it stands there. What is not known, an attribute or a comparison, is ignored.
 *
 * @see keystone, server/flask/common.py, build_driver_hints
 */
export function readFilters(query: Query, known: readonly string[]): Filter[] {
  return Object.entries(query).flatMap(([key, values]) => {
    const [, name, i, comparison] = known.includes(key) ? ['', key, '', 'equals'] : (inexact.exec(key) ?? [])
    if (name === undefined || !known.includes(name)) return []
    return [values ?? []].flat().map((value) => ({
      name,
      value,
      comparison: comparison as Filter['comparison'],
      ignoreCase: i === 'i',
    }))
  })
}

/** Whether a query asks for something: the name alone does, `0` does not. @see keystone, query_filter_is_true */
export function asksFor(query: Query, name: string): boolean {
  const value = [query[name]].flat().at(0)
  return value !== undefined && value !== '0'
}

/** Attributes that are true or false. */
const flags = new Set(['enabled', 'is_domain'])
const falseWords = new Set(['0', 'f', 'false', 'off', 'n', 'no'])

/** A boolean of a query: present without a value it is true. @see oslo.utils, strutils.bool_from_string */
function isTrue(value: string): boolean {
  return !falseWords.has(value.trim().toLowerCase())
}

type Untyped = Record<string, Record<string, unknown>>
type Condition = ExpressionWrapper<Untyped, string, SqlBool> | RawBuilder<SqlBool>

/** A filter as a condition of SQL that every database understands alike; undefined if it asks nothing. */
export function condition(eb: ExpressionBuilder<Untyped, string>, filter: Filter): Condition | undefined {
  const { name, value, comparison, ignoreCase } = filter
  if (flags.has(name)) return comparison === 'equals' ? eb(name, '=', isTrue(value) ? 1 : 0) : undefined
  // An empty column stands for none, and none equals nothing.
  if (comparison === 'equals') return value === '' ? sql<SqlBool>`1 = 0` : eb(name, '=', value)
  if (value === '') return undefined
  const column = ignoreCase ? sql`lower(${sql.ref(name)})` : sql.ref(name)
  const wanted = ignoreCase ? sql`lower(cast(${value} as text))` : sql`cast(${value} as text)`
  switch (comparison) {
    case 'contains':
      return sql<SqlBool>`replace(${column}, ${wanted}, '') <> ${column}`
    case 'startswith':
      return sql<SqlBool>`substr(${column}, 1, length(${wanted})) = ${wanted}`
    default:
      return sql<SqlBool>`length(${column}) >= length(${wanted})
        and substr(${column}, length(${column}) - length(${wanted}) + 1) = ${wanted}`
  }
}
