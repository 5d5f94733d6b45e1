import type { FastifyInstance } from 'fastify'
import { pageOf } from '@longhaul/oslo/api'
import { maxLimit } from '../query-parameters.ts'
import { contextOf, versionOf } from '../request-context.ts'
import { parseAttach, parseListQuery, parseUpdate } from './schema.ts'
import { attachmentView, newAttachmentView } from './view.ts'
import type { VolumeAttachments } from './volume-attachments.ts'

interface ServerPath {
  Params: { server_id: string }
}

interface AttachmentPath {
  Params: { server_id: string; volume_id: string }
}

/** The routes of `/servers/{server_id}/os-volume_attachments`, relative to `/v2.1`. */
export function volumeAttachmentRoutes(app: FastifyInstance, attachments: VolumeAttachments): void {
  const path = '/servers/:server_id/os-volume_attachments'

  app.get<ServerPath>(path, async (request) => {
    const version = versionOf(request)
    const { offset, ...query } = parseListQuery(request.query, version)
    const { limit } = pageOf(query, { maxLimit })
    const rows = await attachments.list(contextOf(request), request.params.server_id, { limit, offset })
    return { volumeAttachments: rows.map((row) => attachmentView(row, version)) }
  })

  app.post<ServerPath>(path, async (request) => {
    const version = versionOf(request)
    const wanted = parseAttach(request.body, version)
    const row = await attachments.attach(contextOf(request), request.params.server_id, wanted)
    return { volumeAttachment: newAttachmentView(row, version) }
  })

  app.get<AttachmentPath>(`${path}/:volume_id`, async (request) => {
    const { server_id: serverId, volume_id: volumeId } = request.params
    const row = await attachments.show(contextOf(request), serverId, volumeId)
    return { volumeAttachment: attachmentView(row, versionOf(request)) }
  })

  app.put<AttachmentPath>(`${path}/:volume_id`, async (request, reply) => {
    const version = versionOf(request)
    const { server_id: serverId, volume_id: volumeId } = request.params
    const wanted = parseUpdate(request.body, version)
    await attachments.update(contextOf(request), { serverId, volumeId, version }, wanted)
    return reply.code(202).send()
  })

  app.delete<AttachmentPath>(`${path}/:volume_id`, async (request, reply) => {
    const { server_id: serverId, volume_id: volumeId } = request.params
    await attachments.detach(contextOf(request), serverId, volumeId)
    return reply.code(202).send()
  })
}
