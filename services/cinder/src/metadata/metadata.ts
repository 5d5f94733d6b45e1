import { notFound, type ApiError } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import { isStorable } from '../parameter-types.ts'
import type { MetadataActions } from './policy.ts'
import type { MetadataStore } from './store.ts'

interface Parts {
  store: MetadataStore
  actions: MetadataActions
  /** The resource, if the caller may do that to it. @throws ApiError 403, 404 */
  owner: (context: RequestContext, id: string, action: string) => Promise<{ id: string }>
  /** What is told of an item that is not there. */
  missing: (id: string, key: string) => string
}

/** The rules of what users say of one kind of resource. */
export class Metadata {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** @throws ApiError 403, 404 */
  async list(context: RequestContext, id: string): Promise<Record<string, string>> {
    const owner = await this.#parts.owner(context, id, this.#parts.actions.get)
    return await this.#parts.store.all(owner.id)
  }

  /** @throws ApiError 403, 404 */
  async show(context: RequestContext, id: string, key: string): Promise<string> {
    const items = await this.list(context, id)
    if (!Object.hasOwn(items, key)) throw this.#lacks(id, key)
    return items[key]!
  }

  /** @returns all that there is now @throws ApiError 403, 404 */
  async add(
    context: RequestContext,
    id: string,
    items: Record<string, string>,
  ): Promise<Record<string, string>> {
    const owner = await this.#parts.owner(context, id, this.#parts.actions.create)
    await this.#parts.store.set(owner.id, items, false)
    return await this.#parts.store.all(owner.id)
  }

  /** @throws ApiError 403, 404 */
  async set(context: RequestContext, id: string, items: Record<string, string>): Promise<void> {
    const owner = await this.#parts.owner(context, id, this.#parts.actions.update)
    await this.#parts.store.set(owner.id, items, false)
  }

  /** @throws ApiError 403, 404 */
  async replace(context: RequestContext, id: string, items: Record<string, string>): Promise<void> {
    const owner = await this.#parts.owner(context, id, this.#parts.actions.update)
    await this.#parts.store.set(owner.id, items, true)
  }

  /** @throws ApiError 403, 404 */
  async delete(context: RequestContext, id: string, key: string): Promise<void> {
    const owner = await this.#parts.owner(context, id, this.#parts.actions.delete)
    const isDeleted = isStorable(key) && (await this.#parts.store.delete(owner.id, key))
    if (!isDeleted) throw this.#lacks(id, key)
  }

  #lacks(id: string, key: string): ApiError {
    return notFound(this.#parts.missing(id, key), { code: 'metadata_not_found' })
  }
}
