import { badRequest, notFound, parseBody, type ApiApp } from '@longhaul/oslo/api'
import type { Enforcer } from '@longhaul/oslo/policy'
import type { FastifyRequest } from 'fastify'
import type { ZodType } from 'zod'
import type { Caller, Callers } from './caller.ts'
import { readFilters, type Filter, type Query } from './filters.ts'
import { policyTarget } from './policy-target.ts'
import type { Row } from './row-store.ts'

/** What the routes of all collections need. */
export interface CollectionDeps {
  callers: Callers
  policy: Enforcer
}

/** The rules of a collection. */
export interface Collection<R extends Row, Create, Update> {
  find(id: string): Promise<R | undefined>
  /**
   * @param filters those of the query that the collection knows
   * @param domainId the domain of a caller who has one, and so sees no other
   */
  list(filters: readonly Filter[], domainId: string | undefined): Promise<R[]>
  create(input: Create, caller: Caller): Promise<R>
  update(row: R, input: Update): Promise<void>
  delete(row: R): Promise<void>
  /** A row as clients see it, without links. */
  view(row: R): Record<string, unknown>
  /** As the answer to a change shows it; default as always. */
  changedView?(row: R): Record<string, unknown>
}

type Objects = Record<string, unknown>

/** The words of a collection on the wire. */
export interface CollectionWords<R, Create, Update> {
  singular: string
  plural: string
  create: ZodType<Create>
  update: ZodType<Update>
  filters: readonly string[]
  /** The nouns of the policy's actions, if they depend on what is asked for; default singular and plural. */
  nouns?: (asked: Objects) => { singular: string; plural: string }
  /** What the policy sees of something that is to be made: what the rules will make of it, and nothing else that was sent. */
  draft?: (body: Objects, caller: Caller) => Objects
  /** What the policy sees of a list that is only one domain's. */
  listTarget?: (domainId: string) => Objects
  /** What is shown with one of them if the query asks for it. */
  details?: (row: R, request: FastifyRequest, caller: Caller) => Promise<Objects>
}

/**
 * The five routes of a collection under /v3: list, create, show, update, delete, with Keystone's statuses and the actions
 * `identity:list_<plural>`, `identity:create_<singular>` and so on.
 *
 * Order in each: caller (401), policy (403), the object (404), input (400), the rules. What does not exist is a 403 for
 * whom the policy would refuse every object of the kind, so that ids cannot be guessed.
 */
export function collectionRoutes<R extends Row, Create, Update>(
  app: ApiApp,
  deps: CollectionDeps,
  words: CollectionWords<R, Create, Update>,
  collection: Collection<R, Create, Update>,
): void {
  const { singular, plural, nouns = () => ({ singular, plural }) } = words
  const base = `/v3/${plural}`
  const shown = (request: FastifyRequest, view: Objects) => linked(app, request, base, view)
  const authorize = (caller: Caller, action: string, request: FastifyRequest, objects: Objects) => {
    const { id } = request.params as { id?: string }
    const ids = id === undefined ? {} : { [`${singular}_id`]: id }
    deps.policy.authorize(`identity:${action}`, policyTarget(request, ids, objects), caller.context)
  }

  const found = async (request: FastifyRequest, verb: 'get' | 'update' | 'delete') => {
    const caller = await deps.callers(request)
    const { id } = request.params as { id: string }
    const row = await collection.find(id)
    const view = row && collection.view(row)
    authorize(caller, `${verb}_${nouns(view ?? {}).singular}`, request, view ? { [singular]: view } : {})
    if (!row) throw notFound(`Could not find ${singular}: ${id}.`, { code: `${singular}_not_found` })
    return { row, caller }
  }

  app.get(base, async (request) => {
    const caller = await deps.callers(request)
    const { domainId } = caller.context
    const query = request.query as Query
    const target = domainId === undefined ? {} : (words.listTarget?.(domainId) ?? {})
    authorize(caller, `list_${nouns(query).plural}`, request, target)
    const rows = await collection.list(readFilters(query, words.filters), domainId)
    const views = rows.map((row) => shown(request, collection.view(row)))
    return { [plural]: views, links: listLinks(app, request) }
  })

  app.post(base, async (request, reply) => {
    const caller = await deps.callers(request)
    const input = innerOf(request.body, singular)
    const asked = isObject(input) ? input : {}
    const draft = words.draft?.(asked, caller) ?? {}
    authorize(caller, `create_${nouns(asked).singular}`, request, { [singular]: draft })
    const row = await collection.create(parseBody(words.create, input), caller)
    return reply.code(201).send({ [singular]: shown(request, collection.view(row)) })
  })

  app.get(`${base}/:id`, async (request) => {
    const { row, caller } = await found(request, 'get')
    const details = (await words.details?.(row, request, caller)) ?? {}
    return { [singular]: { ...shown(request, collection.view(row)), ...details } }
  })

  app.patch(`${base}/:id`, async (request) => {
    const { row } = await found(request, 'update')
    const change = innerOf(request.body, singular)
    const input = parseBody(words.update, change)
    const { id = row.id, ...attributes } = change as Objects
    if (id !== row.id) throw badRequest('Cannot change ID', { code: 'id_fixed' })
    if (Object.keys(attributes).length === 0 && !Object.hasOwn(change as Objects, 'id'))
      throw badRequest(`Invalid input for field '${singular}': no attribute is given.`, {
        code: 'invalid_body',
      })
    await collection.update(row, input)
    const now = (await collection.find(row.id)) ?? row
    const view = collection.changedView?.(now) ?? collection.view(now)
    return { [singular]: shown(request, view) }
  })

  app.delete(`${base}/:id`, async (request, reply) => {
    const { row } = await found(request, 'delete')
    await collection.delete(row)
    return reply.code(204).send()
  })
}

/** A view with its own URL. */
export function linked(app: ApiApp, request: FastifyRequest, base: string, view: Objects): Objects {
  return { ...view, links: { self: `${app.api.baseUrl(request)}${base}/${String(view['id'])}` } }
}

/** Links of a list that is always whole. */
export function listLinks(app: ApiApp, request: FastifyRequest) {
  const self = `${app.api.baseUrl(request)}${request.url.replace(/\?$/, '')}`
  return { next: null, self, previous: null }
}

/** What a body holds under the name of its kind. */
export function innerOf(body: unknown, singular: string): unknown {
  return isObject(body) ? body[singular] : undefined
}

function isObject(value: unknown): value is Objects {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
