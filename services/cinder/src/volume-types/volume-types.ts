import { badRequest, conflict, notFound } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import { typeNotFound } from '../answers.ts'
import { isStorable } from '../parameter-types.ts'
import { allows, isAdmin, ownTarget, type Policy } from '../request-context.ts'
import type { TypeRequest } from './schema.ts'
import type { TypeStore, VolumeType } from './store.ts'

interface Parts {
  store: TypeStore
  policy: Policy
  /** Name of the type of volumes whose creator names none. */
  defaultType: string
  randomUUID: () => string
}

/** Extra specs that everybody sees. @see openstack/cinder cinder/policies/type_extra_specs.py */
const userVisible = ['RESKEY:availability_zones', 'multiattach', 'replication_enabled']
const multiattachSpec = 'multiattach'

/** The rules of types of volumes. */
export class VolumeTypes {
  readonly #parts: Parts

  constructor(parts: Parts) {
    this.#parts = parts
  }

  /** Types that the caller may use, or, for administrators, all. @throws ApiError 403 */
  async list(context: RequestContext): Promise<VolumeType[]> {
    this.#parts.policy.authorize('volume_extension:type_get_all', ownTarget(context), context)
    return await this.#parts.store.all(
      isAdmin(this.#parts.policy, context) ? undefined : (context.projectId ?? ''),
    )
  }

  /** @param id `default` is the type of volumes whose creator names none @throws ApiError 403, 404 */
  async get(context: RequestContext, id: string): Promise<VolumeType> {
    this.#parts.policy.authorize('volume_extension:type_get', ownTarget(context), context)
    const type = id === 'default' ? await this.#default() : await this.#visible(context, 'id', id)
    if (!type) throw typeNotFound(id)
    return type
  }

  /** What a new volume is. @param name name or id @throws ApiError 404 */
  async choose(
    context: RequestContext,
    name: string | undefined,
  ): Promise<{ id: string; multiattach: boolean }> {
    const type =
      name === undefined
        ? await this.#default()
        : ((await this.#visible(context, 'id', name)) ?? (await this.#visible(context, 'name', name)))
    if (!type) {
      throw notFound(`Volume type with name ${name ?? this.#parts.defaultType} could not be found.`, {
        code: 'volume_type_not_found',
      })
    }
    const multiattach = type.extraSpecs[multiattachSpec] === '<is> True'
    if (multiattach) this.#parts.policy.authorize('volume:multiattach', ownTarget(context), context)
    return { id: type.id, multiattach }
  }

  /** @throws ApiError 403; 409 `volume_type_exists` */
  async create(context: RequestContext, request: TypeRequest): Promise<VolumeType> {
    this.#parts.policy.authorize('volume_extension:type_create', ownTarget(context), context)
    const type = await this.#parts.store.insert(
      {
        id: this.#parts.randomUUID(),
        name: request.name,
        description: request.description,
        is_public: request.isPublic ? 1 : 0,
      },
      request.extraSpecs,
    )
    if (!type) throw taken(request.name)
    return type
  }

  /** @throws ApiError 403, 404; 409 `volume_type_exists` */
  async update(
    context: RequestContext,
    id: string,
    changes: { name?: string; description?: string; is_public?: number },
  ): Promise<VolumeType> {
    const type = await this.#managed(context, id, 'volume_extension:type_update')
    if ((await this.#parts.store.update(type.id, changes)) === 'taken') throw taken(changes.name ?? '')
    return { ...type, ...changes }
  }

  /** @throws ApiError 400 `volume_type_default`, `volume_type_in_use`; 403, 404 */
  async delete(context: RequestContext, id: string): Promise<void> {
    const type = await this.#managed(context, id, 'volume_extension:type_delete')
    if (type.name === this.#parts.defaultType) {
      throw badRequest(`The volume type ${type.id} is a default volume type and cannot be deleted.`, {
        code: 'volume_type_default',
      })
    }
    if ((await this.#parts.store.delete(type.id)) === 'used') {
      throw badRequest('Target volume type is still in use.', { code: 'volume_type_in_use' })
    }
  }

  /** @throws ApiError 403, 404 */
  async setSpecs(
    context: RequestContext,
    id: string,
    specs: Record<string, string>,
    action: 'create' | 'update',
  ): Promise<void> {
    const type = await this.#managed(context, id, `volume_extension:types_extra_specs:${action}`)
    await this.#parts.store.setSpecs(type.id, specs)
  }

  /** Extra specs that the caller sees. @throws ApiError 403, 404 */
  async specs(
    context: RequestContext,
    id: string,
    action: 'index' | 'show',
  ): Promise<Record<string, string>> {
    this.#parts.policy.authorize(`volume_extension:types_extra_specs:${action}`, ownTarget(context), context)
    const type = await this.#visible(context, 'id', id)
    if (!type) throw typeNotFound(id)
    return this.#visibleSpecs(context, type)
  }

  /** @throws ApiError 403, 404 */
  async spec(context: RequestContext, id: string, key: string): Promise<string> {
    const specs = await this.specs(context, id, 'show')
    if (!Object.hasOwn(specs, key)) throw specNotFound(id, key)
    return specs[key]!
  }

  /** @throws ApiError 403, 404 */
  async deleteSpec(context: RequestContext, id: string, key: string): Promise<void> {
    const type = await this.#managed(context, id, 'volume_extension:types_extra_specs:delete')
    if (!isStorable(key) || !(await this.#parts.store.deleteSpec(type.id, key))) throw specNotFound(id, key)
  }

  /** Projects that may use a type that is not public. @throws ApiError 403; 404 for a public one too */
  async projects(context: RequestContext, id: string): Promise<string[]> {
    const type = await this.#managed(context, id, 'volume_extension:volume_type_access:get_all_for_type')
    if (type.is_public) {
      throw notFound('Access list not available for public volume types.', { code: 'volume_type_public' })
    }
    return await this.#parts.store.projects(type.id)
  }

  /** @throws ApiError 403, 404; 409 `volume_type_access` */
  async setAccess(
    context: RequestContext,
    id: string,
    { add, projectId }: { add: boolean; projectId: string },
  ): Promise<void> {
    const action = add ? 'addProjectAccess' : 'removeProjectAccess'
    const type = await this.#managed(context, id, `volume_extension:volume_type_access:${action}`)
    if (type.is_public) {
      throw conflict('Type access modification is not applicable to public volume type.', {
        code: 'volume_type_public',
      })
    }
    const pair = `${type.id} / ${projectId} combination`
    if (add && !(await this.#parts.store.addProject(type.id, projectId))) {
      throw conflict(`Volume type access for ${pair} already exists.`, { code: 'volume_type_access' })
    }
    if (!add && !(await this.#parts.store.removeProject(type.id, projectId))) {
      throw notFound(`Volume type access not found for ${pair}.`, { code: 'volume_type_access' })
    }
  }

  /** A type as the caller sees it. @see openstack/cinder cinder/api/v3/views/types.py */
  view(context: RequestContext, type: VolumeType): Record<string, unknown> {
    const sees = (what: string) =>
      allows(this.#parts.policy, context, `volume_extension:${what}`, ownTarget(context))
    return {
      id: type.id,
      name: type.name,
      is_public: type.is_public === 1,
      description: type.description,
      ...(sees('access_types_extra_specs') ? { extra_specs: this.#visibleSpecs(context, type) } : {}),
      ...(sees('access_types_qos_specs_id') ? { qos_specs_id: null } : {}),
      ...(sees('volume_type_access') ? { 'os-volume-type-access:is_public': type.is_public === 1 } : {}),
    }
  }

  isAdmin(context: RequestContext): boolean {
    return isAdmin(this.#parts.policy, context)
  }

  #visibleSpecs(context: RequestContext, type: VolumeType): Record<string, string> {
    const action = 'volume_extension:types_extra_specs:read_sensitive'
    if (allows(this.#parts.policy, context, action, ownTarget(context))) return type.extraSpecs
    const seen = Object.entries(type.extraSpecs).filter(([key]) => userVisible.includes(key))
    return Object.fromEntries(seen)
  }

  async #default(): Promise<VolumeType | undefined> {
    return await this.#parts.store.get('name', this.#parts.defaultType)
  }

  /** A type that exists in the eyes of the caller. */
  async #visible(context: RequestContext, by: 'id' | 'name', value: string): Promise<VolumeType | undefined> {
    const type = isStorable(value) ? await this.#parts.store.get(by, value) : undefined
    if (!type || type.is_public || isAdmin(this.#parts.policy, context)) return type
    const projects = await this.#parts.store.projects(type.id)
    return projects.includes(context.projectId ?? '') ? type : undefined
  }

  async #managed(context: RequestContext, id: string, action: string): Promise<VolumeType> {
    this.#parts.policy.authorize(action, ownTarget(context), context)
    const type = isStorable(id) ? await this.#parts.store.get('id', id) : undefined
    if (!type) throw typeNotFound(id)
    return type
  }
}

function taken(name: string) {
  return conflict(`Volume Type ${name} already exists.`, { code: 'volume_type_exists' })
}

function specNotFound(id: string, key: string) {
  return notFound(`Volume Type ${id} has no extra specs with key ${key}.`, { code: 'extra_spec_not_found' })
}
