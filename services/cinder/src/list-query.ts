import { badRequest, pageOf, type Page } from '@longhaul/oslo/api'
import { invalidInput } from './answers.ts'
import { listConditions, type Condition, type FilterTable } from './list-filter.ts'
import type { Microversion } from './microversions.ts'
import { isStorable, isTrue } from './parameter-types.ts'

/** What an answer holds at most. @see openstack/cinder osapi_max_limit */
const maxLimit = 1000

export interface SortColumn {
  column: string
  direction: 'asc' | 'desc'
}

/** What a request for a list asks for. */
export interface ListQuery {
  page: Page
  /** Items that are left out at the beginning. */
  offset: number
  /** Ends with `id`, so that the order is total. */
  sort: SortColumn[]
  conditions: Condition[]
  /** Whether to count all that match. */
  withCount: boolean
  /** Whether an administrator asks for the resources of all projects. */
  allProjects: boolean
}

/** What a list may be sorted and filtered by. */
export interface ListTable {
  /** Columns by their names on the wire. */
  sorts: Readonly<Record<string, string>>
  filters: FilterTable
}

type Query = Readonly<Record<string, unknown>>

/**
 * Reads the query of a list.
 *
 * @throws ApiError 400 `invalid_input`, `invalid_limit`, `invalid_filter`
 * @see openstack/cinder cinder/api/common.py
 */
export function parseListQuery(
  query: Query,
  table: ListTable,
  { version, admin }: { version: Microversion; admin: boolean },
): ListQuery {
  if (!Object.entries(query).flat(2).map(String).every(isStorable)) {
    throw invalidInput('The query has a character that is not allowed')
  }
  const { limit, marker, offset, sort, sort_key, sort_dir, all_tenants, with_count, ...filters } = query
  const page = pageOf(
    { ...(limit === undefined ? {} : { limit }), ...(marker === undefined ? {} : { marker }) },
    {
      maxLimit,
      zero: 'none',
    },
  )
  return {
    page,
    offset: offsetOf(last(offset)),
    sort: sortOf({ sort: last(sort), keys: last(sort_key), directions: last(sort_dir) }, table.sorts),
    conditions: listConditions(filters, table.filters, { version, admin }),
    withCount: version.atLeast('3.45') && isTrue(last(with_count)),
    allProjects: admin && isTrue(last(all_tenants)),
  }
}

function last(value: unknown): string | undefined {
  const one: unknown = Array.isArray(value) ? value.at(-1) : value
  return typeof one === 'string' ? one : undefined
}

function offsetOf(text = '0'): number {
  if (!/^\d{1,9}$/.test(text)) throw badRequest('offset must be an integer', { code: 'invalid_limit' })
  return Number(text)
}

/** `sort=name:asc,size`, or the older `sort_key` and `sort_dir`; by default the newest first. */
function sortOf(
  params: { sort: string | undefined; keys: string | undefined; directions: string | undefined },
  sorts: ListTable['sorts'],
): SortColumn[] {
  const { sort, keys, directions } = params
  if (sort !== undefined && (keys !== undefined || directions !== undefined)) {
    throw badRequest(
      "The 'sort_key' and 'sort_dir' parameters are deprecated and cannot be used with the 'sort' parameter.",
      {
        code: 'invalid_sort',
      },
    )
  }
  const pairs: string[][] =
    sort === undefined
      ? [[keys ?? 'created_at', directions ?? 'desc']]
      : sort.split(',').map((part) => part.split(/:(.*)/s))
  const columns = pairs.map(([key = '', direction]): SortColumn => {
    const name = key.trim()
    if (!Object.hasOwn(sorts, name)) throw invalidInput('Sort key supplied is invalid')
    return { column: sorts[name]!, direction: directionOf(direction) }
  })
  const rest = columns.at(-1)?.direction ?? 'desc'
  for (const column of ['created_at', 'id']) {
    if (columns.every((one) => one.column !== column)) columns.push({ column, direction: rest })
  }
  return columns
}

function directionOf(text: string | undefined): 'asc' | 'desc' {
  const direction = text?.trim() || 'desc'
  if (direction !== 'asc' && direction !== 'desc') {
    throw invalidInput("Unknown sort direction, must be 'desc' or 'asc'.")
  }
  return direction
}
