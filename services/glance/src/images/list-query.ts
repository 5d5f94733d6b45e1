import { badRequest, pageOf, type Page } from '@longhaul/oslo/api'
import { visibilities } from './image.ts'
import { imageStatuses } from './states.ts'

/** Columns that a list may be filtered by with `?column=value`, or with `?column=in:a,b`. */
const columnFilters = [
  'id',
  'name',
  'status',
  'owner',
  'container_format',
  'disk_format',
  'checksum',
] as const
/** Columns that a list may be sorted by. */
const sortColumns = [
  'name',
  'status',
  'container_format',
  'disk_format',
  'size',
  'id',
  'created_at',
  'updated_at',
] as const

type FilterColumn = (typeof columnFilters)[number]
export type SortColumn = (typeof sortColumns)[number]

/** What a list request asks for. */
export interface ListQuery {
  page: Page
  /** Each column must hold one of the values. */
  columns: { column: FilterColumn; values: string[] }[]
  visibility?: (typeof visibilities)[number] | 'all'
  protected?: boolean
  hidden: boolean
  /** All must be there. */
  tags: string[]
  properties: [name: string, value: string][]
  sizeMin?: number
  sizeMax?: number
  /** Ends with `id`, so that the order is total. */
  sort: { column: SortColumn; direction: 'asc' | 'desc' }[]
}

/** Parameters that say nothing about single images; `member_status` chooses among shared ones, of which none are shown. */
const otherParameters = new Set([
  'limit',
  'marker',
  'sort',
  'sort_key',
  'sort_dir',
  'visibility',
  'protected',
  'os_hidden',
  'tag',
  'size_min',
  'size_max',
  'member_status',
])

/**
 * Reads the query of `GET /v2/images`. A parameter that is not known filters by the custom property of that name.
 *
 * @param limits images in an answer by default and at most
 * @throws ApiError 400 `invalid_filter`, `invalid_sort`, `invalid_limit`
 * @see https://docs.openstack.org/api-ref/image/v2/index.html#list-images
 */
export function parseListQuery(
  query: Record<string, unknown>,
  limits: { defaultLimit: number; maxLimit: number },
): ListQuery {
  const one = (name: string) => values(query, name).at(-1)
  if (
    Object.entries(query)
      .flat(2)
      .some((part) => String(part).includes('\0'))
  ) {
    throw badRequest('The query must not hold NUL', { code: 'invalid_filter' })
  }
  const page = pageOf({ limit: limits.defaultLimit, ...query }, { maxLimit: limits.maxLimit, zero: 'none' })
  const list: ListQuery = {
    page,
    columns: columnFilters
      .filter((column) => query[column] !== undefined)
      .map((column) => ({ column, values: oneOf(one(column) ?? '') })),
    hidden: boolean('os_hidden', one('os_hidden')) ?? false,
    tags: values(query, 'tag'),
    properties: Object.keys(query)
      .filter((name) => !otherParameters.has(name) && !columnFilters.some((column) => column === name))
      .map((name) => [name, one(name) ?? '']),
    sort: sortOf(query),
  }
  const visibility = choice('visibility', [...visibilities, 'all'] as const, one('visibility'))
  if (visibility !== undefined) list.visibility = visibility
  const isProtected = boolean('protected', one('protected'))
  if (isProtected !== undefined) list.protected = isProtected
  const [sizeMin, sizeMax] = [integer('size_min', one('size_min')), integer('size_max', one('size_max'))]
  if (sizeMin !== undefined) list.sizeMin = sizeMin
  if (sizeMax !== undefined) list.sizeMax = sizeMax
  for (const { column, values: wanted } of list.columns) {
    if (column === 'status') for (const status of wanted) choice('status', imageStatuses, status)
  }
  return list
}

function values(query: Record<string, unknown>, name: string): string[] {
  return [query[name] ?? []].flat().map(String)
}

/** `in:a,b` means one of several. */
function oneOf(text: string): string[] {
  return text.startsWith('in:') ? text.slice(3).split(',').map(unquote) : [text]
}

function unquote(text: string): string {
  return text.replace(/^"(.*)"$/s, '$1')
}

function choice<T extends string>(
  name: string,
  allowed: readonly T[],
  value: string | undefined,
): T | undefined {
  if (value === undefined) return undefined
  const found = allowed.find((candidate) => candidate === value)
  if (found === undefined)
    throw badRequest(`Invalid ${name} value: must be one of ${allowed.join(', ')}`, {
      code: 'invalid_filter',
    })
  return found
}

function boolean(name: string, value: string | undefined): boolean | undefined {
  const text = choice(name, ['true', 'false'] as const, value?.toLowerCase())
  return text === undefined ? undefined : text === 'true'
}

function integer(name: string, value: string | undefined): number | undefined {
  if (value === undefined) return undefined
  if (!/^\d{1,15}$/.test(value))
    throw badRequest(`Invalid ${name} value: must be an integer, 0 or greater`, { code: 'invalid_filter' })
  return Number(value)
}

/** Either `sort=name:asc,size` or repeated `sort_key` with one `sort_dir` for all or one for each. */
function sortOf(query: Record<string, unknown>): ListQuery['sort'] {
  const keys = values(query, 'sort_key')
  const directions = values(query, 'sort_dir')
  const classic = keys.length > 0 || directions.length > 0
  if (classic && query['sort'] !== undefined) {
    throw badRequest('Old and new sorting syntax cannot be combined', { code: 'invalid_sort' })
  }
  if (classic && directions.length > 1 && directions.length !== keys.length) {
    throw badRequest('Number of sort dirs does not match the number of sort keys', { code: 'invalid_sort' })
  }
  const pairs = classic
    ? (keys.length > 0 ? keys : ['created_at']).map((key, index) => [key, directions[index] ?? directions[0]])
    : values(query, 'sort')
        .flatMap((text) => text.split(','))
        .map((part) => part.split(':', 2))
  const sort = pairs.map(([key, direction]) => ({
    column: sortColumn(key),
    direction: sortDirection(direction),
  }))
  if (sort.length === 0) sort.push({ column: 'created_at', direction: 'desc' })
  if (sort.every(({ column }) => column !== 'id'))
    sort.push({ column: 'id', direction: sort[0]?.direction ?? 'desc' })
  return sort
}

function sortColumn(key: string | undefined): SortColumn {
  const column = sortColumns.find((candidate) => candidate === key?.trim())
  if (column === undefined)
    throw badRequest(`Invalid sort key: must be one of ${sortColumns.join(', ')}`, { code: 'invalid_sort' })
  return column
}

function sortDirection(direction = 'desc'): 'asc' | 'desc' {
  if (direction !== 'asc' && direction !== 'desc')
    throw badRequest('Invalid sort direction: must be asc or desc', { code: 'invalid_sort' })
  return direction
}
