import { badRequest, forbidden } from '@longhaul/oslo/api'
import type { Microversion } from '../microversions.ts'
import { sortColumns } from './list-columns.ts'
import { isServerSortKey, type ServerListQuery } from './list-query.ts'

/** A column of `servers`, or a path into one. */
export interface SortColumn {
  column: string
  direction: 'asc' | 'desc'
}

/** Keys that tell where servers are. */
const adminKeys = new Set(['host', 'node'])

/**
 * The order of a list: what `sort_key` and `sort_dir` say, then newest first, then by id.
 *
 * @throws ApiError 400, 403
 * @see openstack/nova remove_invalid_sort_keys; nova/db/utils.py, process_sort_params
 */
export function listOrder(query: ServerListQuery, version: Microversion, admin: boolean): SortColumn[] {
  const directions = query.sort_dir.map(directionOf)
  const order: SortColumn[] = []
  const keys: string[] = []
  const given: ('asc' | 'desc')[] = []
  for (const [i, key] of query.sort_key.entries()) {
    const direction = directions[i]
    if (isIgnored(key, version)) continue
    if (adminKeys.has(key) && !admin) {
      throw forbidden(`Only administrators can sort servers by ${key}`, { code: 'sort_key_forbidden' })
    }
    keys.push(key)
    if (direction) given.push(direction)
  }
  given.push(...directions.slice(query.sort_key.length))
  const usual = given[0] ?? 'desc'
  if (keys.length > 0 && given.length > keys.length) {
    throw badRequest('Sort direction size exceeds sort key size', { code: 'invalid_sort' })
  }
  for (const [i, key] of keys.entries()) {
    const column = key === 'instance_type_id' ? key : sortColumns[key as keyof typeof sortColumns]
    if (column !== undefined) order.push({ column, direction: given[i] ?? usual })
  }
  for (const column of ['created_at', 'id']) {
    if (!order.some((one) => one.column === column)) order.push({ column, direction: usual })
  }
  return order
}

/** From 2.75 on such keys are refused. @throws ApiError 400 */
function isIgnored(key: string, version: Microversion): boolean {
  if (isServerSortKey(key) && (key !== 'locked' || version.atLeast('2.73'))) return false
  if (!version.atLeast('2.75')) return true
  throw badRequest(`Invalid input for query parameters sort_key. ${key} is no sort key`, {
    code: 'invalid_sort',
  })
}

/** @throws ApiError 400 */
function directionOf(text: string): 'asc' | 'desc' {
  const word = text.trim()
  if (word === 'asc' || word === 'desc') return word
  throw badRequest("Unknown sort direction, must be 'asc' or 'desc'", { code: 'invalid_sort' })
}
