import { createHash } from 'node:crypto'
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { badRequest, parseBody, preconditionFailed } from '@longhaul/oslo/api'
import { contextOf, versionOf } from '../request-context.ts'
import type { Metadata } from './metadata.ts'
import { metadataBody, metadataItemBody } from './schema.ts'

interface OwnerPath {
  Params: { id: string }
}

interface ItemPath {
  Params: { id: string; key: string }
}

/**
 * The routes of the metadata of one kind of resource.
 *
 * @param owners `/volumes` or `/snapshots`, relative to `/v3`
 */
export function metadataRoutes(app: FastifyInstance, owners: string, metadata: Metadata): void {
  const path = `${owners}/:id/metadata`

  app.get<OwnerPath>(path, async (request, reply) =>
    tagged(request, reply, { metadata: await metadata.list(contextOf(request), request.params.id) }),
  )

  app.post<OwnerPath>(path, async (request, reply) => {
    const { metadata: items } = parseBody(metadataBody, request.body)
    await requireTag(request, metadata)
    const all = await metadata.add(contextOf(request), request.params.id, items)
    return tagged(request, reply, { metadata: all })
  })

  app.put<OwnerPath>(path, async (request, reply) => {
    const { metadata: items } = parseBody(metadataBody, request.body)
    await requireTag(request, metadata)
    await metadata.replace(contextOf(request), request.params.id, items)
    return tagged(request, reply, { metadata: items })
  })

  app.get<ItemPath>(`${path}/:key`, async (request, reply) => {
    const { id, key } = request.params
    return tagged(request, reply, { meta: { [key]: await metadata.show(contextOf(request), id, key) } })
  })

  app.put<ItemPath>(`${path}/:key`, async (request, reply) => {
    const { id, key } = request.params
    const { meta } = parseBody(metadataItemBody, request.body)
    if (!Object.hasOwn(meta, key)) {
      throw badRequest('Request body and URI mismatch', { code: 'metadata_key_mismatch' })
    }
    await metadata.set(contextOf(request), id, meta)
    return tagged(request, reply, { meta })
  })

  app.delete<ItemPath>(`${path}/:key`, async (request, reply) => {
    const { id, key } = request.params
    await requireTag(request, metadata)
    await metadata.delete(contextOf(request), id, key)
    return await reply.code(200).send()
  })
}

function tagged(request: FastifyRequest, reply: FastifyReply, body: object): object {
  if (versionOf(request).atLeast('3.15')) reply.header('etag', tagOf(body))
  return body
}

/** A change that names what it has seen is made only while that is so. @throws ApiError 412 `metadata_changed` */
async function requireTag(request: FastifyRequest<OwnerPath>, metadata: Metadata): Promise<void> {
  const seen = request.headers['if-match']
  if (seen === undefined || seen === '*' || !versionOf(request).atLeast('3.15')) return
  const now = tagOf({ metadata: await metadata.list(contextOf(request), request.params.id) })
  if (seen.split(',').some((tag) => tag.trim().replaceAll('"', '') === now)) return
  throw preconditionFailed('Precondition Failed', { code: 'metadata_changed' })
}

function tagOf(body: object): string {
  return createHash('sha256').update(JSON.stringify(body)).digest('hex')
}
