import type { FastifyInstance } from 'fastify'
import { badRequest, parseBody } from '@longhaul/oslo/api'
import { linksOf } from '../links.ts'
import { served } from '../microversions.ts'
import { contextOf } from '../request-context.ts'
import { tagsBody } from './schema.ts'
import type { ServerTags } from './server-tags.ts'

interface ServerPath {
  Params: { server_id: string }
}

interface TagPath {
  Params: { server_id: string; tag: string }
}

/** The routes of `/servers/{server_id}/tags`, relative to `/v2.1`. */
export function serverTagRoutes(app: FastifyInstance, tags: ServerTags): void {
  const path = '/servers/:server_id/tags'
  const since = served({ from: '2.26' })

  app.get<ServerPath>(path, since, async (request) => {
    return { tags: await tags.list(contextOf(request), request.params.server_id) }
  })

  app.put<ServerPath>(path, since, async (request) => {
    const body = parseBody(tagsBody, request.body)
    return { tags: await tags.replace(contextOf(request), request.params.server_id, body.tags) }
  })

  app.delete<ServerPath>(path, since, async (request, reply) => {
    await tags.clear(contextOf(request), request.params.server_id)
    return reply.code(204).send()
  })

  app.get<TagPath>(`${path}/:tag`, since, async (request, reply) => {
    const { server_id: id, tag } = request.params
    await tags.show(contextOf(request), id, tag)
    return reply.code(204).send()
  })

  app.put<TagPath>(`${path}/:tag`, since, async (request, reply) => {
    const { server_id: id, tag } = request.params
    if (request.body !== undefined && request.body !== null) {
      throw badRequest('Invalid input for the request body: there must be none', { code: 'invalid_body' })
    }
    if (!(await tags.add(contextOf(request), id, tag))) return reply.code(204).send()
    const location = linksOf(request).self(`/servers/${id}/tags/${encodeURIComponent(tag)}`)
    return reply.code(201).header('location', location).send()
  })

  app.delete<TagPath>(`${path}/:tag`, since, async (request, reply) => {
    const { server_id: id, tag } = request.params
    await tags.delete(contextOf(request), id, tag)
    return reply.code(204).send()
  })
}
