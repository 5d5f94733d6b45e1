import { badRequest, notFound } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import { ownTarget } from '../request-context.ts'
import { assertExtraSpec } from './extra-spec-rules.ts'
import { flavorMissing, type Flavors, type FlavorsOptions } from './flavors.ts'

const action = (verb: 'index' | 'show' | 'create' | 'update' | 'delete') =>
  `os_compute_api:os-flavor-extra-specs:${verb}`

/** What a flavor says to the scheduler and the hypervisor, by name. */
export class ExtraSpecs {
  readonly #options: FlavorsOptions
  readonly #flavors: Flavors

  constructor(options: FlavorsOptions, flavors: Flavors) {
    this.#options = options
    this.#flavors = flavors
  }

  async list(context: RequestContext, id: string): Promise<Record<string, string>> {
    this.#options.policy.authorize(action('index'), ownTarget(context), context)
    return (await this.#flavors.show(context, id)).extra_specs
  }

  /** @throws ApiError 403, 404 */
  async show(context: RequestContext, id: string, key: string): Promise<Record<string, string>> {
    this.#options.policy.authorize(action('show'), ownTarget(context), context)
    const { extra_specs: specs } = await this.#flavors.show(context, id)
    if (!Object.hasOwn(specs, key)) throw specMissing(id, key)
    return { [key]: specs[key]! }
  }

  /**
   * @param check whether names and values of known name spaces are checked, as they are from microversion 2.86 on
   * @throws ApiError 400, 403, 404
   */
  async create(
    context: RequestContext,
    id: string,
    specs: Record<string, string>,
    check: boolean,
  ): Promise<void> {
    this.#options.policy.authorize(action('create'), {}, context)
    await this.#merge(id, specs, check)
  }

  /** @param specs one, of the name that the URL has. @throws ApiError 400, 403, 404 */
  async update(
    context: RequestContext,
    id: string,
    key: string,
    { specs, check }: { specs: Record<string, string>; check: boolean },
  ): Promise<void> {
    this.#options.policy.authorize(action('update'), {}, context)
    if (!Object.hasOwn(specs, key)) {
      throw badRequest('Request body and URI mismatch', { code: 'extra_spec_mismatch' })
    }
    await this.#merge(id, specs, check)
  }

  /** @throws ApiError 403, 404 */
  async delete(context: RequestContext, id: string, key: string): Promise<void> {
    const { policy, store, now } = this.#options
    policy.authorize(action('delete'), {}, context)
    if (await store.deleteExtraSpec(id, key, now())) return
    throw (await store.find(id)) ? specMissing(id, key) : flavorMissing(id)
  }

  async #merge(id: string, specs: Record<string, string>, check: boolean): Promise<void> {
    const { store, now } = this.#options
    if (check) for (const [key, value] of Object.entries(specs)) assertExtraSpec(key, value)
    if (!(await store.mergeExtraSpecs(id, specs, now()))) throw flavorMissing(id)
  }
}

function specMissing(id: string, key: string) {
  return notFound(`Flavor ${id} has no extra specs with key ${key}.`, { code: 'extra_spec_not_found' })
}
