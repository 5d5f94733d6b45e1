import { badRequest, notFound, parseBody, type ApiApp } from '@longhaul/oslo/api'
import type { Enforcer } from '@longhaul/oslo/policy'
import type { FastifyRequest } from 'fastify'
import type { ZodType } from 'zod'
import type { Caller, Callers } from './caller.ts'
import type { Row } from './row-store.ts'

/** What the routes of all collections need. */
export interface CollectionDeps {
  callers: Callers
  policy: Enforcer
}

/** The rules of a collection. */
export interface Collection<R extends Row, Create, Update> {
  find(id: string): Promise<R | undefined>
  /** @param filters those of the query that the collection knows */
  list(filters: Readonly<Record<string, string>>): Promise<R[]>
  create(input: Create, caller: Caller): Promise<R>
  update(row: R, input: Update): Promise<void>
  delete(row: R): Promise<void>
  /** A row as clients see it, without links. */
  view(row: R): Record<string, unknown>
}

/** The words of a collection on the wire. */
export interface CollectionWords<Create, Update> {
  singular: string
  plural: string
  create: ZodType<Create>
  update: ZodType<Update>
  filters: readonly string[]
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
  words: CollectionWords<Create, Update>,
  collection: Collection<R, Create, Update>,
): void {
  const { singular, plural } = words
  const base = `/v3/${plural}`
  const view = (request: FastifyRequest, row: R) => linked(app, request, base, collection.view(row))

  const found = async (request: FastifyRequest, action: string) => {
    const caller = await deps.callers(request)
    const { id } = request.params as { id: string }
    const row = await collection.find(id)
    const target = {
      [`${singular}_id`]: id,
      ...(row ? { target: { [singular]: collection.view(row) } } : {}),
    }
    deps.policy.authorize(action, target, caller.context)
    if (!row) throw notFound(`Could not find ${singular}: ${id}.`, { code: `${singular}_not_found` })
    return row
  }

  app.get(base, async (request) => {
    const { context } = await deps.callers(request)
    deps.policy.authorize(`identity:list_${plural}`, {}, context)
    const rows = await collection.list(knownFilters(request, words.filters))
    return { [plural]: rows.map((row) => view(request, row)), links: listLinks(app, request) }
  })

  app.post(base, async (request, reply) => {
    const caller = await deps.callers(request)
    deps.policy.authorize(`identity:create_${singular}`, {}, caller.context)
    const input = parseBody(words.create, unwrap(request.body, singular))
    const row = await collection.create(input, caller)
    return reply.code(201).send({ [singular]: view(request, row) })
  })

  app.get(`${base}/:id`, async (request) => {
    const row = await found(request, `identity:get_${singular}`)
    return { [singular]: view(request, row) }
  })

  app.patch(`${base}/:id`, async (request) => {
    const row = await found(request, `identity:update_${singular}`)
    await collection.update(row, parseBody(words.update, unwrap(request.body, singular)))
    return { [singular]: view(request, (await collection.find(row.id)) ?? row) }
  })

  app.delete(`${base}/:id`, async (request, reply) => {
    await collection.delete(await found(request, `identity:delete_${singular}`))
    return reply.code(204).send()
  })
}

/** A view with its own URL. */
export function linked(
  app: ApiApp,
  request: FastifyRequest,
  base: string,
  view: Record<string, unknown>,
): Record<string, unknown> {
  return { ...view, links: { self: `${app.api.baseUrl(request)}${base}/${String(view['id'])}` } }
}

/** Links of a list that is always whole. */
export function listLinks(app: ApiApp, request: FastifyRequest) {
  return { next: null, self: `${app.api.baseUrl(request)}${request.url}`, previous: null }
}

function knownFilters(request: FastifyRequest, known: readonly string[]): Record<string, string> {
  const query = request.query as Record<string, string | string[]>
  const entries = Object.entries(query).flatMap(([name, value]): [string, string][] => {
    const last = Array.isArray(value) ? value.at(-1) : value
    return known.includes(name) && last !== undefined ? [[name, last]] : []
  })
  return Object.fromEntries(entries)
}

function unwrap(body: unknown, singular: string): unknown {
  const inner =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>)[singular] : undefined
  if (inner === undefined)
    throw badRequest(`Expecting to find ${singular} in request body.`, { code: 'body_invalid' })
  return inner
}
