import { badRequest, forbidden, notFound } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Enforcer } from '@longhaul/oslo/policy'
import { assertSettled, assertUnlocked } from '../server-guards.ts'
import type { MetadataServer, ServerMetadataStore } from './store.ts'

export interface ServerMetadataOptions {
  store: ServerMetadataStore
  policy: Enforcer
  servers: {
    /** @throws ApiError 403, 404 */
    authorized(context: RequestContext, id: string, action: string): Promise<MetadataServer>
  }
  quotas: {
    rooms(projectId: string): Promise<{ metadata_items: { limit: number } }>
  }
  now: () => Date
}

type Action = 'index' | 'show' | 'create' | 'update' | 'update_all' | 'delete'

/** What users say of their servers: text by key. */
export class ServerMetadata {
  readonly #options: ServerMetadataOptions

  constructor(options: ServerMetadataOptions) {
    this.#options = options
  }

  async list(
    context: RequestContext,
    id: string,
    action: 'index' | 'show' = 'index',
  ): Promise<Record<string, string>> {
    return (await this.#authorized(context, id, action)).metadata
  }

  /** @throws ApiError 403, 404 */
  async show(context: RequestContext, id: string, key: string): Promise<string> {
    const metadata = await this.list(context, id, 'show')
    if (!Object.hasOwn(metadata, key)) throw itemMissing()
    return metadata[key]!
  }

  /** Adds items, or replaces those of the same keys. @throws ApiError 403 also over quota, 404, 409 */
  async add(
    context: RequestContext,
    id: string,
    items: Record<string, string>,
  ): Promise<Record<string, string>> {
    await this.#authorized(context, id, 'create')
    return await this.#change(context, id, 'update metadata', (metadata) => ({ ...metadata, ...items }))
  }

  /** @throws ApiError as `add` */
  async replace(
    context: RequestContext,
    id: string,
    items: Record<string, string>,
  ): Promise<Record<string, string>> {
    await this.#authorized(context, id, 'update_all')
    return await this.#change(context, id, 'update metadata', () => items)
  }

  /** @param item of the key that the URL has. @throws ApiError 400; as `add` */
  async set(context: RequestContext, id: string, key: string, item: Record<string, string>): Promise<void> {
    await this.#authorized(context, id, 'update')
    if (!Object.hasOwn(item, key)) {
      throw badRequest('Request body and URI mismatch', { code: 'metadata_mismatch' })
    }
    await this.#change(context, id, 'update metadata', (metadata) => ({ ...metadata, ...item }))
  }

  /** @throws ApiError 403, 404, 409 */
  async delete(context: RequestContext, id: string, key: string): Promise<void> {
    await this.#authorized(context, id, 'delete')
    await this.#change(context, id, 'delete metadata', (metadata) => {
      if (!Object.hasOwn(metadata, key)) throw itemMissing()
      return Object.fromEntries(Object.entries(metadata).filter(([name]) => name !== key))
    })
  }

  async #authorized(context: RequestContext, id: string, action: Action): Promise<MetadataServer> {
    const { servers } = this.#options
    return await servers.authorized(context, id, `os_compute_api:server-metadata:${action}`)
  }

  async #change(
    context: RequestContext,
    id: string,
    name: 'update metadata' | 'delete metadata',
    to: (metadata: Record<string, string>) => Record<string, string>,
  ): Promise<Record<string, string>> {
    const { store, policy, quotas, now } = this.#options
    const { limit } = (await quotas.rooms(context.projectId ?? '')).metadata_items
    const change = (server: MetadataServer) => {
      assertUnlocked(policy, context, server)
      assertSettled(server, name)
      const changed = to(server.metadata)
      if (limit < 0 || Object.keys(changed).length <= limit) return changed
      throw forbidden(`Maximum number of metadata items exceeds ${limit}`, { code: 'quota_exceeded' })
    }
    const changed = await store.change(id, change, now())
    if (!changed) throw notFound('Server does not exist', { code: 'server_not_found' })
    return changed
  }
}

function itemMissing() {
  return notFound('Metadata item was not found', { code: 'metadata_not_found' })
}
