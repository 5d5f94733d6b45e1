import { badRequest, pageOf, type Page } from '@longhaul/oslo/api'
import { isStorable } from '../json-kinds.ts'
import { memberStatuses, type MemberStatus } from '../member-status.ts'
import { oneOf, operatorOf, timeFilter, type TimeFilter } from './filter-operators.ts'
import { visibilities } from './image.ts'
import { sortOf, type SortKey } from './list-sort.ts'

/** Columns whose filter knows `in:a,b` for one of several. */
const severalColumns = ['id', 'name', 'status', 'container_format', 'disk_format'] as const
/** Columns that are compared as they are. */
const textColumns = ['owner', 'checksum', 'os_hash_algo', 'os_hash_value'] as const
/** Columns that are compared as numbers; with `_min` and `_max` behind the name as limits. */
const numberColumns = ['size', 'virtual_size', 'min_ram', 'min_disk'] as const
const timeColumns = ['created_at', 'updated_at'] as const

type TextColumn = (typeof severalColumns)[number] | (typeof textColumns)[number]

/** What a list request asks for. */
export interface ListQuery {
  page: Page
  /** Each column must hold one of the values. */
  columns: { column: TextColumn; values: string[] }[]
  numbers: { column: (typeof numberColumns)[number]; operator: '=' | '>=' | '<='; value: number }[]
  times: ({ column: (typeof timeColumns)[number] } & TimeFilter)[]
  visibility?: (typeof visibilities)[number] | 'all'
  protected?: boolean
  hidden: boolean
  /** Of images shared with the caller's project: what it has made of them. */
  memberStatus: MemberStatus | 'all'
  /** All must be there. */
  tags: string[]
  properties: [name: string, value: string][]
  /** Ends with `id`, so that the order is total. */
  sort: SortKey[]
}

type Query = Record<string, unknown>

/** Parameters that no filter is read from in a loop; what is in none of the tables is a custom property. */
const otherParameters = [
  'limit',
  'marker',
  'sort',
  'sort_key',
  'sort_dir',
  'visibility',
  'protected',
  'os_hidden',
  'member_status',
  'tag',
  'deleted',
]
const knownParameters: ReadonlySet<string> = new Set([
  ...otherParameters,
  ...severalColumns,
  ...textColumns,
  ...timeColumns,
  ...numberColumns.flatMap((column) => [column, `${column}_min`, `${column}_max`]),
])

/**
 * Reads the query of `GET /v2/images`. A parameter that is not known filters by the custom property of that name.
 *
 * @param limits images in an answer by default and at most
 * @throws ApiError 400 `invalid_filter`, `invalid_sort`, `invalid_limit`
 * @see https://docs.openstack.org/api-ref/image/v2/index.html#list-images and openstack/glance
 *   glance/db/sqlalchemy/api.py, _make_conditions_from_filters
 */
export function parseListQuery(query: Query, limits: { defaultLimit: number; maxLimit: number }): ListQuery {
  assertStorable(query)
  if (query['changes-since'] !== undefined)
    throw invalid('The "changes-since" filter is no longer available on v2.')
  const page = pageOf({ limit: limits.defaultLimit, ...query }, { maxLimit: limits.maxLimit, zero: 'none' })
  const list: ListQuery = {
    page,
    columns: columnFilters(query),
    numbers: numberFilters(query),
    times: timeColumns.flatMap((column) => {
      const text = one(query, column)
      return text === undefined ? [] : [{ column, ...timeFilter(column, text) }]
    }),
    hidden: boolean('os_hidden', one(query, 'os_hidden')?.toLowerCase()) ?? false,
    memberStatus:
      choice('member_status', [...memberStatuses, 'all'] as const, one(query, 'member_status')) ?? 'accepted',
    tags: values(query, 'tag').map((tag) => tag.trim()),
    properties: Object.keys(query)
      .filter((name) => !knownParameters.has(name))
      .map((name) => [name, one(query, name) ?? '']),
    sort: sortOf({
      sort: one(query, 'sort'),
      keys: values(query, 'sort_key'),
      directions: values(query, 'sort_dir'),
    }),
  }
  const visibility = choice('visibility', [...visibilities, 'all'] as const, one(query, 'visibility'))
  if (visibility !== undefined) list.visibility = visibility
  const isProtected = boolean('protected', one(query, 'protected'))
  if (isProtected !== undefined) list.protected = isProtected
  return list
}

function columnFilters(query: Query): ListQuery['columns'] {
  const filters: ListQuery['columns'] = []
  for (const column of severalColumns) {
    const text = one(query, column)
    if (text === undefined) continue
    const { operator, operand } = operatorOf(text)
    if (operator === 'in') filters.push({ column, values: oneOf(operand) })
    else if (operator === 'eq') filters.push({ column, values: [operand] })
    else throw invalid(`Unable to filter by unknown operator '${operator}'.`)
  }
  for (const column of textColumns) {
    const text = one(query, column)
    if (text !== undefined) filters.push({ column, values: [text] })
  }
  return filters
}

const comparisons = [
  ['', '='],
  ['_min', '>='],
  ['_max', '<='],
] as const

function numberFilters(query: Query): ListQuery['numbers'] {
  const filters: ListQuery['numbers'] = []
  for (const column of numberColumns) {
    for (const [suffix, operator] of comparisons) {
      const text = one(query, `${column}${suffix}`)
      if (text === undefined) continue
      if (!/^-?\d{1,15}$/.test(text)) throw invalid('Unable to filter on a range with a non-numeric value.')
      filters.push({ column, operator, value: Number(text) })
    }
  }
  return filters
}

function assertStorable(query: Query): void {
  const texts = Object.entries(query).flat(2).map(String)
  if (!texts.every(isStorable)) {
    throw invalid('The query has a character that is not allowed')
  }
}

function values(query: Query, name: string): string[] {
  return [query[name] ?? []].flat().map(String)
}

function one(query: Query, name: string): string | undefined {
  return values(query, name).at(-1)
}

function choice<T extends string>(
  name: string,
  allowed: readonly T[],
  value: string | undefined,
): T | undefined {
  if (value === undefined) return undefined
  const found = allowed.find((candidate) => candidate === value)
  if (found === undefined) throw invalid(`Invalid ${name} value: must be one of ${allowed.join(', ')}`)
  return found
}

function boolean(name: string, value: string | undefined): boolean | undefined {
  const text = choice(name, ['true', 'false'] as const, value)
  return text === undefined ? undefined : text === 'true'
}

function invalid(message: string) {
  return badRequest(message, { code: 'invalid_filter' })
}
