import { badRequest, notFound } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import { maxTags, tag as tagShape } from '../parameter-types.ts'
import { assertSettled } from '../server-guards.ts'
import type { ServerTagStore, TaggedServer } from './store.ts'

export interface ServerTagsOptions {
  store: ServerTagStore
  servers: {
    /** @throws ApiError 403, 404 */
    authorized(context: RequestContext, id: string, action: string): Promise<TaggedServer>
  }
  now: () => Date
}

type Action = 'index' | 'show' | 'update' | 'update_all' | 'delete' | 'delete_all'

/** The tags of servers. A lock does not keep anybody from changing them. */
export class ServerTags {
  readonly #options: ServerTagsOptions

  constructor(options: ServerTagsOptions) {
    this.#options = options
  }

  async list(context: RequestContext, id: string): Promise<string[]> {
    return (await this.#authorized(context, id, 'index')).tags
  }

  /** @throws ApiError 403; 404 also for a tag that the server does not have */
  async show(context: RequestContext, id: string, tag: string): Promise<void> {
    const server = await this.#authorized(context, id, 'show')
    if (!server.tags.includes(tag)) throw tagMissing(id, tag)
  }

  /** @returns whether the server did not have it. @throws ApiError 400 for what is no tag or one too many; 403, 404, 409 */
  async add(context: RequestContext, id: string, tag: string): Promise<boolean> {
    await this.#authorized(context, id, 'update')
    let added = false
    await this.#change(id, 'update tag', ({ tags }) => {
      if (!tagShape.safeParse(tag).success) {
        throw badRequest(
          `Tag '${tag}' is invalid. It must be a non empty string without characters '/' and ','.`,
          { code: 'tag_invalid' },
        )
      }
      if (tags.length >= maxTags) {
        throw badRequest(`The number of tags exceeded the per-server limit ${maxTags}`, {
          code: 'too_many_tags',
        })
      }
      added = !tags.includes(tag)
      return added ? [...tags, tag] : tags
    })
    return added
  }

  /** @throws ApiError 403, 404, 409 */
  async replace(context: RequestContext, id: string, tags: readonly string[]): Promise<string[]> {
    await this.#authorized(context, id, 'update_all')
    return await this.#change(id, 'update tags', () => [...new Set(tags)])
  }

  /** @throws ApiError 403, 404, 409 */
  async delete(context: RequestContext, id: string, tag: string): Promise<void> {
    await this.#authorized(context, id, 'delete')
    await this.#change(id, 'delete tag', ({ tags }) => {
      if (!tags.includes(tag)) throw tagMissing(id, tag)
      return tags.filter((one) => one !== tag)
    })
  }

  /** @throws ApiError 403, 404, 409 */
  async clear(context: RequestContext, id: string): Promise<void> {
    await this.#authorized(context, id, 'delete_all')
    await this.#change(id, 'delete tags', () => [])
  }

  async #authorized(context: RequestContext, id: string, action: Action): Promise<TaggedServer> {
    const { servers } = this.#options
    return await servers.authorized(context, id, `os_compute_api:os-server-tags:${action}`)
  }

  async #change(id: string, name: string, to: (server: TaggedServer) => string[]): Promise<string[]> {
    const { store, now } = this.#options
    const change = (server: TaggedServer) => {
      assertSettled(server, name)
      return to(server)
    }
    const tags = await store.change(id, change, now())
    if (tags) return tags
    throw notFound(`Instance ${id} could not be found.`, { code: 'server_not_found' })
  }
}

function tagMissing(id: string, tag: string) {
  return notFound(`Server ${id} has no tag '${tag}'`, { code: 'tag_not_found' })
}
