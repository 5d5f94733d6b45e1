import { badRequest } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import { vmStatesOf } from './states.ts'
import type { ServerFilter } from './store.ts'

type Query = Record<string, unknown>

/**
 * Reads the filters of a list. Unknown ones are ignored, as Nova does up to microversion 2.75.
 *
 * @param authorize refuses what the caller may not ask for
 * @throws ApiError 400 `invalid_filter`; 403
 */
export function listFilter(
  query: Query,
  context: RequestContext,
  authorize: (action: string) => void,
  list: 'index' | 'detail',
): ServerFilter {
  const all = isTrue(query['all_tenants'])
  if (all) authorize(`os_compute_api:servers:${list}:get_all_tenants`)
  // A token for no project sees the servers of none.
  const filter: ServerFilter = all ? {} : { projectId: context.projectId ?? '' }
  const project = text(query, 'project_id') ?? text(query, 'tenant_id')
  if (all && project !== undefined) filter.projectId = project

  const status = text(query, 'status')
  if (status !== undefined) filter.vmStates = vmStatesOf(status)
  const name = text(query, 'name')
  if (name !== undefined) filter.name = expression(name)
  const [user, image, flavor] = ['user_id', 'image', 'flavor'].map((key) => text(query, key))
  if (user !== undefined) filter.userId = user
  if (image !== undefined) filter.imageId = image
  if (flavor !== undefined) filter.flavorId = flavor
  // Only who sees all projects may ask which servers a host has.
  const host = text(query, 'host')
  if (all && host !== undefined) filter.host = host
  return filter
}

function text(query: Query, key: string): string | undefined {
  const value: unknown = [query[key]].flat().at(-1)
  return typeof value === 'string' && value !== '' ? value : undefined
}

/** Without a value, `all_tenants` means yes. @throws ApiError 400 */
function isTrue(value: unknown): boolean {
  if (value === undefined) return false
  const text = typeof value === 'string' ? value : 'several'
  if (/^(1|t|true|on|y|yes|)$/i.test(text)) return true
  if (/^(0|f|false|off|n|no)$/i.test(text)) return false
  throw badRequest('Invalid value for all_tenants.', { code: 'invalid_filter' })
}

/** @throws ApiError 400 for what is no regular expression */
function expression(source: string): string {
  try {
    void new RegExp(source)
    return source
  } catch {
    throw badRequest('Invalid regular expression for name.', { code: 'invalid_filter' })
  }
}
