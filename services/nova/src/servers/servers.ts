import { HttpError } from '@longhaul/keystoneauth'
import { badRequest, conflict, notFound, serviceUnavailable, type Page } from '@longhaul/oslo/api'
import { policyCredentials, type RequestContext } from '@longhaul/oslo/context'
import { ownedBy, ownTarget } from '../request-context.ts'
import { createImage } from './create-image.ts'
import { createServer } from './create.ts'
import { deleteServer } from './delete.ts'
import { serverMissing } from './faults.ts'
import { listFilter } from './list-filter.ts'
import type { ServersOptions } from './options.ts'
import type { CreateServerRequest } from './schema.ts'
import type { Fault, ServerRow } from './server.ts'

/** A server with what is shown beside it. */
export interface ShownServer {
  server: ServerRow
  fault: Fault | undefined
  /** Whether the caller may see the host. */
  extended: boolean
}

const hostAttributes = 'os_compute_api:os-extended-server-attributes'

/** The rules of servers: who may do what, and in which state. */
export class Servers {
  readonly #options: ServersOptions

  constructor(options: ServersOptions) {
    this.#options = options
  }

  async create(context: RequestContext, request: CreateServerRequest): Promise<string> {
    this.#options.policy.authorize('os_compute_api:servers:create', ownTarget(context), context)
    return await createServer(this.#options, context, request)
  }

  async show(context: RequestContext, id: string): Promise<ShownServer> {
    const server = await this.#authorized(context, id, 'os_compute_api:servers:show')
    const faults = server.vm_state === 'error' ? await this.#options.store.faults([id]) : undefined
    return { server, fault: faults?.get(id), extended: this.#extended(context) }
  }

  /** @param list which of the two lists: without or with details */
  async list(
    context: RequestContext,
    list: 'index' | 'detail',
    query: Record<string, unknown>,
    page: Page,
  ): Promise<ShownServer[]> {
    const { policy, store } = this.#options
    policy.authorize(`os_compute_api:servers:${list}`, ownTarget(context), context)
    const filter = listFilter(query, context, (action) => policy.authorize(action, {}, context), list)
    const marker = page.marker === undefined ? undefined : await store.find(page.marker)
    if (page.marker !== undefined && !marker) {
      throw badRequest(`marker [${page.marker}] not found`, { code: 'marker_not_found' })
    }
    const servers = await store.list(filter, { limit: page.limit, ...(marker ? { marker } : {}) })
    const broken = servers.filter((server) => server.vm_state === 'error').map((server) => server.id)
    const faults = list === 'detail' ? await store.faults(broken) : new Map<string, Fault>()
    const extended = this.#extended(context)
    return servers.map((server) => ({ server, fault: faults.get(server.id), extended }))
  }

  async delete(context: RequestContext, id: string): Promise<void> {
    await this.#authorized(context, id, 'os_compute_api:servers:delete')
    await deleteServer(this.#options, context, id)
  }

  async createImage(
    context: RequestContext,
    id: string,
    wanted: { name: string; metadata: Record<string, string> },
  ): Promise<string> {
    const server = await this.#authorized(context, id, 'os_compute_api:servers:create_image')
    return await createImage(this.#options, context, server, wanted)
  }

  /** @param length lines at most; null, undefined and -1: all */
  async consoleOutput(context: RequestContext, id: string, length?: number | null): Promise<string> {
    const server = await this.#authorized(context, id, 'os_compute_api:os-console-output')
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

  /** A server of another project is not there for who may not act in all of them. */
  async #authorized(context: RequestContext, id: string, action: string): Promise<ServerRow> {
    const { store, policy } = this.#options
    const server = await store.find(id)
    if (!server || !this.#visible(context, server)) throw serverMissing(id)
    policy.authorize(action, ownedBy(server), context)
    return server
  }

  #visible(context: RequestContext, server: ServerRow): boolean {
    if (server.project_id === context.projectId) return true
    return this.#options.policy.check('context_is_admin', {}, policyCredentials(context))
  }

  #extended(context: RequestContext): boolean {
    const { policy } = this.#options
    return policy.check(hostAttributes, ownTarget(context), policyCredentials(context))
  }
}
