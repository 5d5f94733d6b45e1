import { badRequest, forbidden } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Microversion, Version } from '../microversions.ts'
import { boolean } from '../parameter-types.ts'
import type { ServerListQuery } from './list-query.ts'
import { patternColumns, type PatternColumn } from './list-columns.ts'
import { statesOf } from './states.ts'
import type { ServerFilter } from './store.ts'

/** Who asks for a list, and what the rules allow. */
export interface Lister {
  context: RequestContext
  list: 'index' | 'detail'
  admin: boolean
  /** Whether every filter is open to the caller. */
  allFilters: boolean
  /** Refuses what the caller may not ask for. @throws ApiError 403 */
  authorize: (action: string) => void
}

type Filter = keyof ServerListQuery

/** Filters that are open to everybody, with the version since which they are. Others are ignored, not refused. */
const openFilters: Partial<Record<Filter, Version>> = {
  reservation_id: '2.1',
  name: '2.1',
  status: '2.1',
  image: '2.1',
  flavor: '2.1',
  ip: '2.1',
  'changes-since': '2.1',
  all_tenants: '2.1',
  ip6: '2.5',
  tags: '2.26',
  'tags-any': '2.26',
  'not-tags': '2.26',
  'not-tags-any': '2.26',
  'changes-before': '2.66',
  locked: '2.73',
  availability_zone: '2.83',
  config_drive: '2.83',
  key_name: '2.83',
  created_at: '2.83',
  launched_at: '2.83',
  terminated_at: '2.83',
  power_state: '2.83',
  task_state: '2.83',
  vm_state: '2.83',
  progress: '2.83',
  user_id: '2.83',
  hostname: '2.90',
}

/**
 * What a query asks for.
 *
 * @returns undefined if nothing can be found
 * @throws ApiError 400 `invalid_filter`; 403
 * @see openstack/nova nova/api/openstack/compute/servers.py, _get_servers
 */
export function listFilter(
  asked: ServerListQuery,
  version: Microversion,
  lister: Lister,
): ServerFilter | undefined {
  const query = lister.allFilters ? asked : openTo(asked, version)
  const filter: ServerFilter = scopeOf(query, lister)
  const { uuid, host, image = query.image_ref, flavor } = query
  if (query.user_id !== undefined) filter.userId ??= query.user_id
  if (uuid !== undefined) filter.id = uuid
  if (host !== undefined) filter.host = host
  if (image !== undefined) filter.imageId = image
  if (flavor !== undefined) filter.flavorId = flavor
  if (query.vm_state !== undefined) filter.vmStates = [query.vm_state]
  if (query.task_state !== undefined) filter.taskState = query.task_state
  if (asked.status !== undefined) {
    const states = asked.status.flatMap((status) => statesOf(status) ?? [])
    if (states.length === 0) {
      if (version.atLeast('2.38')) throw invalid('Invalid status value')
      return undefined
    }
    filter.vmStates = states.map(({ vmState }) => vmState)
    // As soon as one of them is the status of whatever task runs, tasks are no matter.
    const tasks = states.flatMap(({ taskState }) => taskState ?? [])
    if (tasks.length === states.length) filter.taskStates = tasks
  }
  Object.assign(filter, timesOf(query), deletedOf(query, filter, lister))
  if (query.locked !== undefined) filter.locked = truth('locked', query.locked)
  filter.tags = tagsOf(query)
  filter.addresses = addressesOf(query)
  filter.patterns = patternsOf(query)
  return filter
}

/** Only what everybody may ask for. */
function openTo(asked: ServerListQuery, version: Microversion): ServerListQuery {
  const open = Object.entries(asked).filter(([name]) => {
    const since = openFilters[name as Filter]
    return since !== undefined && version.atLeast(since)
  })
  return Object.fromEntries(open) as unknown as ServerListQuery
}

function scopeOf(query: ServerListQuery, { context, list, authorize }: Lister): ServerFilter {
  if (!isTrue(query.all_tenants)) {
    // Without a project the caller sees what is theirs.
    return context.projectId === undefined ? { userId: context.userId } : { projectId: context.projectId }
  }
  authorize(`os_compute_api:servers:${list}:get_all_tenants`)
  const projectId = query.tenant_id ?? query.project_id
  return projectId === undefined ? {} : { projectId }
}

/** Deleted servers are listed for administrators who ask for them, and among those that changed lately. */
function deletedOf(
  query: ServerListQuery,
  { vmStates }: ServerFilter,
  { admin }: Lister,
): Pick<ServerFilter, 'deleted'> {
  if (vmStates?.length === 1 && vmStates[0] === 'deleted') {
    if (admin) return { deleted: true }
    throw forbidden('Only administrators may list deleted instances', { code: 'deleted_forbidden' })
  }
  if (query.deleted !== undefined) return { deleted: wordIsTrue(query.deleted) }
  const changes = query['changes-since'] !== undefined || query['changes-before'] !== undefined
  return changes ? {} : { deleted: false }
}

function timesOf(query: ServerListQuery): Pick<ServerFilter, 'changedSince' | 'changedBefore'> {
  const { 'changes-since': since, 'changes-before': before } = query
  if (since && before && before < since) {
    throw invalid('The value of changes-since must be less than or equal to changes-before.')
  }
  return { ...(since ? { changedSince: since } : {}), ...(before ? { changedBefore: before } : {}) }
}

function tagsOf(query: ServerListQuery): NonNullable<ServerFilter['tags']> {
  const list = (text: string | undefined) => (text === undefined ? {} : { list: text.split(',') })
  return {
    all: list(query.tags).list,
    any: list(query['tags-any']).list,
    notAll: list(query['not-tags']).list,
    notAny: list(query['not-tags-any']).list,
  }
}

function addressesOf({ ip, ip6 }: ServerListQuery): NonNullable<ServerFilter['addresses']> {
  const addresses: [4 | 6, string][] = []
  if (ip !== undefined) addresses.push([4, ip])
  if (ip6 !== undefined) addresses.push([6, ip6])
  return addresses
}

function patternsOf(query: ServerListQuery): [PatternColumn, string][] {
  const names = Object.keys(patternColumns) as PatternColumn[]
  return names.flatMap((name) => {
    const pattern = query[name]
    return pattern === undefined ? [] : [[name, pattern] as [PatternColumn, string]]
  })
}

/** Without a value, `all_tenants` means yes. @throws ApiError 400 */
function isTrue(value: string | undefined): boolean {
  if (value === undefined) return false
  return value === '' || truth('all_tenants', value)
}

const shortWords: Record<string, string> = { t: 'true', y: 'yes', f: 'false', n: 'no' }

function wordOf(value: string): boolean | undefined {
  const word = value.trim().toLowerCase()
  const read = boolean.safeParse(shortWords[word] ?? word)
  return read.success ? read.data : undefined
}

/** @throws ApiError 400 */
function truth(name: string, value: string): boolean {
  const read = wordOf(value)
  if (read !== undefined) return read
  throw invalid(`Invalid value for ${name}.`)
}

/** What is no truth is none. */
function wordIsTrue(value: string): boolean {
  return wordOf(value) ?? false
}

function invalid(message: string) {
  return badRequest(message, { code: 'invalid_filter' })
}
