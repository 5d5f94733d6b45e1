import type { FastifyInstance, FastifyRequest } from 'fastify'
import type { RequestContext } from '@longhaul/oslo/context'
import { contextOf } from '../identity.ts'
import { withFields } from './fields.ts'
import { listLinks } from './list-links.ts'
import { parseListQuery, type Attributes, type ListQuery } from './list-query.ts'
import { expectedRevision } from './revisions.ts'

type Document = Record<string, unknown>

/** The rules of a kind of resource, as routes call them. */
export interface ResourceRules<Creation, Update> {
  create(context: RequestContext, given: Creation): Promise<Document>
  list(context: RequestContext, query: ListQuery): Promise<Document[]>
  show(context: RequestContext, id: string): Promise<Document>
  update(
    context: RequestContext,
    id: string,
    changes: Update,
    expected: number | undefined,
  ): Promise<Document>
  delete(context: RequestContext, id: string, expected: number | undefined): Promise<void>
}

export interface ResourceOptions<Creation, Update> {
  /** Singular noun; its path and its lists have an s behind it. */
  name: string
  rules: ResourceRules<Creation, Update>
  /** What lists are filtered and sorted by. */
  attributes: Attributes
  /** Filters of lists that are no columns. */
  filters?: readonly string[]
  parseCreation: (body: unknown) => Creation
  parseUpdate: (body: unknown) => Update
}

interface OnePath {
  Params: { id: string }
}

/** The five routes that all resources have: `/v2.0/networks` and `/v2.0/networks/{id}`. */
export function resourceRoutes<Creation, Update>(
  app: FastifyInstance,
  options: ResourceOptions<Creation, Update>,
): void {
  const { name, rules } = options
  const collection = `${name}s`
  const list = `/v2.0/${collection}`
  const one = `${list}/:id`
  const queryOf = (request: FastifyRequest) => request.query as Document

  app.post(list, async (request, reply) => {
    const context = contextOf(request)
    const created = await rules.create(context, options.parseCreation(request.body))
    return reply.code(201).send({ [name]: created })
  })

  app.get(list, async (request) => {
    const context = contextOf(request)
    const query = queryOf(request)
    const page = parseListQuery(query, options.attributes, options.filters)
    const found = await rules.list(context, page)
    const ids = found.map((document) => String(document['id']))
    const url = `${app.api.baseUrl(request)}${list}`
    return {
      [collection]: found.map(withFields(query)),
      ...listLinks({ collection, url, query, page, ids }),
    }
  })

  app.get<OnePath>(one, async (request) => {
    const found = await rules.show(contextOf(request), request.params.id)
    return { [name]: withFields(queryOf(request))(found) }
  })

  app.put<OnePath>(one, async (request) => {
    const context = contextOf(request)
    const expected = expectedRevision(request.headers['if-match'])
    const changes = options.parseUpdate(request.body)
    return { [name]: await rules.update(context, request.params.id, changes, expected) }
  })

  app.delete<OnePath>(one, async (request, reply) => {
    const expected = expectedRevision(request.headers['if-match'])
    await rules.delete(contextOf(request), request.params.id, expected)
    return reply.code(204).send()
  })
}
