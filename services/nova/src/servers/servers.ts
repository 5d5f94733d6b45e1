import { HttpError } from '@longhaul/keystoneauth'
import { badRequest, conflict, forbidden, notFound, serviceUnavailable, type Page } from '@longhaul/oslo/api'
import { policyCredentials, type RequestContext } from '@longhaul/oslo/context'
import type { Microversion } from '../microversions.ts'
import { isAdmin, ownedBy, ownTarget } from '../request-context.ts'
import { assertUnlocked } from '../server-guards.ts'
import { createServers, type CreatedServers } from './create.ts'
import { createImage } from './create-image.ts'
import { deleteServer } from './delete.ts'
import { destinationOf } from './destination.ts'
import { serverMissing } from '../server-faults.ts'
import { listFilter } from './list-filter.ts'
import { listOrder } from './list-order.ts'
import type { ServerListQuery } from './list-query.ts'
import { liveMigrate } from './live-migrate.ts'
import type { LiveMigrate } from './live-migrate-schema.ts'
import { holdsLock, lock, unlock } from './lock.ts'
import type { ServersOptions } from './options.ts'
import { changePower, type PowerAction } from './power.ts'
import { rightsOf, type HostStatusRight } from './rights.ts'
import type { CreateServerRequest, UpdateServerRequest } from './schema.ts'
import type { Fault, ServerAddresses, ServerRow } from './server.ts'
import { updateServer } from './store.ts'
import type { ShownServer, ViewRights } from './view.ts'

/** The rules of servers: who may do what, and in which state. */
export class Servers {
  readonly #options: ServersOptions

  constructor(options: ServersOptions) {
    this.#options = options
  }

  async create(context: RequestContext, request: CreateServerRequest): Promise<CreatedServers> {
    const { policy } = this.#options
    const target = { ...ownTarget(context), availability_zone: request.availability_zone }
    policy.authorize('os_compute_api:servers:create', target, context)
    const destination = destinationOf(request)
    if (destination.by === 'zone') {
      policy.authorize('os_compute_api:servers:create:forced_host', target, context)
    }
    if (destination.by === 'name') {
      policy.authorize('compute:servers:create:requested_destination', target, context)
    }
    return await createServers(this.#options, context, request, destination)
  }

  async show(context: RequestContext, id: string, version: Microversion): Promise<ShownServer> {
    const server = await this.authorized(context, id, 'os_compute_api:servers:show')
    return await this.#shown(context, server, version)
  }

  /** @param list which of the two lists: without or with details */
  async list(
    context: RequestContext,
    list: 'index' | 'detail',
    asked: { query: ServerListQuery; page: Page; version: Microversion },
  ): Promise<ShownServer[]> {
    const { policy, store } = this.#options
    const { query, page, version } = asked
    policy.authorize(`os_compute_api:servers:${list}`, ownTarget(context), context)
    const admin = isAdmin(policy, context)
    const authorize = (action: string) => policy.authorize(action, {}, context)
    const lister = { context, list, admin, allFilters: this.seesAllFilters(context), authorize }
    const filter = listFilter(query, version, lister)
    const order = listOrder(query, version, admin)
    const marker = page.marker === undefined ? undefined : await store.find(page.marker, true)
    if (page.marker !== undefined && !marker) {
      throw badRequest(`marker [${page.marker}] not found`, { code: 'marker_not_found' })
    }
    if (!filter) return []
    const servers = await store.list(filter, { limit: page.limit, order, ...(marker ? { marker } : {}) })
    const rights = rightsOf(policy, context, ownTarget(context))
    if (list === 'index') return servers.map((server) => ({ server, fault: undefined, rights }))
    return await this.#allShown(servers, rights, version)
  }

  /** Whether a list may be filtered by everything. */
  seesAllFilters(context: RequestContext): boolean {
    const { policy } = this.#options
    const action = 'os_compute_api:servers:allow_all_filters'
    return policy.check(action, ownTarget(context), policyCredentials(context))
  }

  /** Changes what is said of a server, not the machine. */
  async update(
    context: RequestContext,
    id: string,
    request: UpdateServerRequest,
    version: Microversion,
  ): Promise<ShownServer> {
    const { store, now } = this.#options
    await this.authorized(context, id, 'os_compute_api:servers:update')
    const { name, description, hostname, accessIPv4, accessIPv6 } = request
    const disk = request['OS-DCF:diskConfig']
    const server = await updateServer(store.db, id, {
      ...(name === undefined ? {} : { name }),
      ...(description === undefined ? {} : { description }),
      ...(hostname === undefined ? {} : { hostname }),
      ...(accessIPv4 === undefined ? {} : { access_ip_v4: accessIPv4 }),
      ...(accessIPv6 === undefined ? {} : { access_ip_v6: accessIPv6 }),
      ...(disk === undefined ? {} : { auto_disk_config: disk === 'AUTO' }),
      updated_at: now(),
    })
    if (!server) throw serverMissing(id)
    return await this.#shown(context, server, version)
  }

  async delete(context: RequestContext, id: string): Promise<void> {
    const server = await this.authorized(context, id, 'os_compute_api:servers:delete')
    assertUnlocked(this.#options.policy, context, server)
    await deleteServer(this.#options, context, id)
  }

  async changePower(context: RequestContext, id: string, wanted: PowerAction): Promise<void> {
    const server = await this.authorized(context, id, wanted.rule)
    assertUnlocked(this.#options.policy, context, server)
    await changePower(this.#options, context, server, wanted)
  }

  /** Who names a host needs a right of its own. */
  async liveMigrate(context: RequestContext, id: string, wanted: LiveMigrate): Promise<void> {
    const server = await this.authorized(context, id, 'os_compute_api:os-migrate-server:migrate_live')
    if (wanted.host !== null) {
      const rule = 'os_compute_api:os-migrate-server:migrate_live:host'
      this.#options.policy.authorize(rule, ownedBy(server), context)
    }
    assertUnlocked(this.#options.policy, context, server)
    await liveMigrate(this.#options, context, server, wanted)
  }

  async lock(context: RequestContext, id: string, reason?: string): Promise<void> {
    await this.authorized(context, id, 'os_compute_api:os-lock-server:lock')
    await lock(this.#options, context, id, reason)
  }

  /** Who did not lock it needs a right of its own. */
  async unlock(context: RequestContext, id: string): Promise<void> {
    const server = await this.authorized(context, id, 'os_compute_api:os-lock-server:unlock')
    if (!holdsLock(context, server)) {
      const override = 'os_compute_api:os-lock-server:unlock:unlock_override'
      this.#options.policy.authorize(override, ownedBy(server), context)
    }
    await unlock(this.#options, context, id)
  }

  /** @param countMetadata whether the quota of metadata items is a limit, as it is up to microversion 2.38 */
  async createImage(
    context: RequestContext,
    id: string,
    wanted: { name: string; metadata: Record<string, string> },
    countMetadata: boolean,
  ): Promise<string> {
    const server = await this.authorized(context, id, 'os_compute_api:servers:create_image')
    if (countMetadata) {
      const { limit } = (await this.#options.quotas.rooms(context.projectId ?? '')).metadata_items
      if (limit >= 0 && Object.keys(wanted.metadata).length > limit) {
        throw forbidden('Image metadata limit exceeded', { code: 'quota_exceeded' })
      }
    }
    return await createImage(this.#options, context, server, wanted)
  }

  /** @param action name of the rule. @throws ApiError 403, 404 */
  async addresses(context: RequestContext, id: string, action: string): Promise<ServerAddresses[]> {
    const server = await this.authorized(context, id, action)
    return (await this.#options.store.addresses([server.id])).get(server.id) ?? []
  }

  /** @param length lines at most; null, undefined and -1: all */
  async consoleOutput(context: RequestContext, id: string, length?: number | null): Promise<string> {
    const server = await this.authorized(context, id, 'os_compute_api:os-console-output')
    if (server.host === null) {
      throw conflict(`Instance ${id} is not ready`, { code: 'server_not_ready' })
    }
    if (length === 0) return ''
    const lines = length === null || length === -1 ? undefined : length
    try {
      return await this.#options.console(server.host, id, lines)
    } catch (error) {
      if (error instanceof HttpError && error.status === 404) {
        throw notFound('Guest does not have a console available.', { code: 'console_missing', cause: error })
      }
      throw serviceUnavailable("The server's host does not answer.", {
        code: 'host_unreachable',
        retryAfter: 5,
        cause: error,
      })
    }
  }

  /**
   * The server, for who may do something with it. One of another project is not there for who may not act in all of them.
   *
   * @param action name of the rule
   * @throws ApiError 403, 404
   */
  async authorized(context: RequestContext, id: string, action: string): Promise<ServerRow> {
    const { store, policy } = this.#options
    const server = await store.find(id)
    const visible = server?.project_id === context.projectId || isAdmin(policy, context)
    if (!server || !visible) throw serverMissing(id)
    policy.authorize(action, ownedBy(server), context)
    return server
  }

  async #shown(context: RequestContext, server: ServerRow, version: Microversion): Promise<ShownServer> {
    const rights = rightsOf(this.#options.policy, context, ownedBy(server))
    const [shown] = await this.#allShown([server], rights, version)
    return shown!
  }

  async #allShown(
    servers: readonly ServerRow[],
    rights: ViewRights & { hostStatus: HostStatusRight },
    version: Microversion,
  ): Promise<ShownServer[]> {
    const { store, hosts } = this.#options
    const broken = servers.filter(({ vm_state: state }) => state === 'error' || state === 'deleted')
    const faults: Map<string, Fault> = await store.faults(broken.map((server) => server.id))
    const ids = servers.map((server) => server.id)
    const [volumes, addresses] = [await store.volumes(ids), await store.addresses(ids)]
    const told = rights.hostStatus !== 'none' && version.atLeast('2.16')
    const names = told ? servers.flatMap(({ host }) => host ?? []) : []
    const statuses = names.length > 0 ? await hosts.statuses([...new Set(names)]) : new Map<string, string>()
    return servers.map((server) => {
      const status = server.host === null ? '' : (statuses.get(server.host) ?? '')
      const shows = told && (rights.hostStatus === 'all' || status === 'UNKNOWN')
      const { id } = server
      const beside = { fault: faults.get(id), volumes: volumes.get(id), addresses: addresses.get(id) }
      return { server, ...beside, rights, ...(shows ? { hostStatus: status } : {}) }
    })
  }
}
