import type { FastifyInstance } from 'fastify'
import { parseBody } from '@longhaul/oslo/api'
import { contextOf } from '../request-context.ts'
import { metadataBody, metadataItemBody } from './schema.ts'
import type { ServerMetadata } from './server-metadata.ts'

interface ServerPath {
  Params: { server_id: string }
}

interface ItemPath {
  Params: { server_id: string; key: string }
}

/** The routes of `/servers/{server_id}/metadata`, relative to `/v2.1`. */
export function serverMetadataRoutes(app: FastifyInstance, metadata: ServerMetadata): void {
  const path = '/servers/:server_id/metadata'

  app.get<ServerPath>(path, async (request) => {
    return { metadata: await metadata.list(contextOf(request), request.params.server_id) }
  })

  app.post<ServerPath>(path, async (request) => {
    const { metadata: items } = parseBody(metadataBody, request.body)
    return { metadata: await metadata.add(contextOf(request), request.params.server_id, items) }
  })

  app.put<ServerPath>(path, async (request) => {
    const { metadata: items } = parseBody(metadataBody, request.body)
    return { metadata: await metadata.replace(contextOf(request), request.params.server_id, items) }
  })

  app.get<ItemPath>(`${path}/:key`, async (request) => {
    const { server_id: id, key } = request.params
    return { meta: { [key]: await metadata.show(contextOf(request), id, key) } }
  })

  app.put<ItemPath>(`${path}/:key`, async (request) => {
    const { server_id: id, key } = request.params
    const { meta } = parseBody(metadataItemBody, request.body)
    await metadata.set(contextOf(request), id, key, meta)
    return { meta }
  })

  app.delete<ItemPath>(`${path}/:key`, async (request, reply) => {
    const { server_id: id, key } = request.params
    await metadata.delete(contextOf(request), id, key)
    return reply.code(204).send()
  })
}
