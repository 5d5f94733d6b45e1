import { badRequest, notFound } from '@longhaul/oslo/api'
import { valuesOf } from './fields.ts'
import { isStorable } from './storable.ts'

/** How an attribute that lists are filtered and sorted by is kept. */
export type AttributeKind = 'text' | 'number' | 'flag'

/** Attributes by name, which are columns by the same name. */
export type Attributes = Readonly<Record<string, AttributeKind>>

/** What a list asks for. */
export interface ListQuery {
  /** Any of the values will do. */
  filters: { column: string; values: (string | number)[] }[]
  /** Filters that are no columns, by name. */
  others: Readonly<Record<string, readonly string[]>>
  sort: { column: string; direction: 'asc' | 'desc' }[]
  /** Items at most; undefined for all. */
  limit: number | undefined
  /** Id of the item beside which the page lies. */
  marker: string | undefined
  /** Whether the page lies before the marker. */
  reverse: boolean
}

const controls = new Set(['fields', 'sort_key', 'sort_dir', 'limit', 'marker', 'page_reverse'])
const yes = new Set(['true', 'True', '1'])
const no = new Set(['false', 'False', '0'])

/**
 * Reads the query of a list.
 *
 * @param others names of filters that are no columns
 * @throws ApiError 400 `invalid_filter`, `invalid_limit`, `invalid_sort`
 * @see openstack/neutron neutron/api/api_common.py
 */
export function parseListQuery(
  query: Record<string, unknown>,
  attributes: Attributes,
  others: readonly string[] = [],
): ListQuery {
  const names = Object.keys(query).filter((name) => !controls.has(name))
  const known = (name: string) => Object.hasOwn(attributes, columnOf(name)) || others.includes(name)
  const unknown = names.filter((name) => !known(name))
  if (unknown.length > 0) {
    const list = unknown.map((name) => `'${name}'`).join(', ')
    throw badRequest(`[${list}] is invalid attribute for filtering`, { code: 'invalid_filter' })
  }
  const filters = names
    .filter((name) => !others.includes(name))
    .map((name) => {
      const column = columnOf(name)
      const values = valuesOf(query, name).map((value) => valueOf(attributes[column]!, value))
      return { column, values }
    })
  return {
    filters,
    others: Object.fromEntries(
      others
        .map((name) => [name, valuesOf(query, name).map(readable)] as const)
        .filter(([, values]) => values.length > 0),
    ),
    sort: sortOf(query, attributes),
    limit: limitOf(query),
    marker: valuesOf(query, 'marker').map(readable).at(-1),
    reverse: yes.has(valuesOf(query, 'page_reverse').at(-1) ?? ''),
  }
}

function columnOf(name: string): string {
  return name === 'tenant_id' ? 'project_id' : name
}

function valueOf(kind: AttributeKind, value: string): string | number {
  if (kind === 'flag') {
    if (!yes.has(value) && !no.has(value)) throw unfit(value)
    return yes.has(value) ? 1 : 0
  }
  if (kind === 'number') {
    if (!/^-?\d{1,9}$/.test(value)) throw unfit(value)
    return Number(value)
  }
  return readable(value)
}

function readable(value: string): string {
  if (!isStorable(value)) throw unfit('(unreadable)')
  return value
}

function unfit(value: string) {
  return badRequest(`Invalid input for filter. Reason: '${value}' is not a value of the attribute.`, {
    code: 'invalid_filter',
  })
}

function sortOf(query: Record<string, unknown>, attributes: Attributes): ListQuery['sort'] {
  const keys = valuesOf(query, 'sort_key').map(columnOf)
  const directions = valuesOf(query, 'sort_dir')
  if (directions.length > keys.length && keys.length > 0) {
    throw badRequest('The number of sort_keys and sort_dirs must be same', { code: 'invalid_sort' })
  }
  const sort = keys.map((column, index) => {
    if (!Object.hasOwn(attributes, column)) {
      throw badRequest(`${column} is an invalid attribute for sort key`, { code: 'invalid_sort' })
    }
    const direction = directions[index] ?? 'asc'
    if (direction !== 'asc' && direction !== 'desc') {
      throw badRequest(`${direction} is invalid value for sort_dirs, value must be one of asc or desc`, {
        code: 'invalid_sort',
      })
    }
    return { column, direction } as const
  })
  // The id makes the order whole, so that pages neither overlap nor leave anything out.
  return sort.some(({ column }) => column === 'id') ? sort : [...sort, { column: 'id', direction: 'asc' }]
}

function limitOf(query: Record<string, unknown>): number | undefined {
  const value = valuesOf(query, 'limit').at(-1)
  if (value === undefined) return undefined
  if (!/^\d{1,9}$/.test(value)) {
    throw badRequest(`Limit must be an integer 0 or greater and not '${value}'`, { code: 'invalid_limit' })
  }
  return value === '0' ? undefined : Number(value)
}

/** The page's marker is nothing that the caller sees. @param type such as `NetworkNotFound` */
export function markerNotFound(type: string, marker: string) {
  return notFound(`The marker ${marker} could not be found.`, { code: type })
}
