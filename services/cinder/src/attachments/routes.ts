import type { FastifyInstance } from 'fastify'
import { computePageLinks } from '@longhaul/oslo/api'
import { linksOf } from '../links.ts'
import { parseListQuery } from '../list-query.ts'
import { served } from '../microversions.ts'
import { contextOf, versionOf } from '../request-context.ts'
import type { Attachments } from './attachments.ts'
import { attachmentListTable, parseCreate, parseUpdate, requireComplete } from './schema.ts'
import { attachmentDetail, attachmentSummary } from './view.ts'

interface AttachmentPath {
  Params: { attachment_id: string }
}

/** The routes of `/attachments`, relative to `/v3`. */
export function attachmentRoutes(app: FastifyInstance, attachments: Attachments): void {
  const since = served({ from: '3.27' })
  const one = '/attachments/:attachment_id'

  app.post('/attachments', since, async (request) => {
    const wanted = parseCreate(request.body, versionOf(request))
    return { attachment: attachmentDetail(await attachments.create(contextOf(request), wanted)) }
  })

  for (const path of ['/attachments', '/attachments/detail']) {
    app.get(path, since, async (request) => {
      const context = contextOf(request)
      const query = request.query as Record<string, unknown>
      const list = parseListQuery(query, attachmentListTable, {
        version: versionOf(request),
        admin: attachments.isAdmin(context),
      })
      const found = await attachments.list(context, list)
      return {
        attachments: found.map(path === '/attachments' ? attachmentSummary : attachmentDetail),
        ...computePageLinks('attachments', {
          url: linksOf(request).self(path),
          query,
          page: list.page,
          ids: found.map(({ id }) => id),
        }),
      }
    })
  }

  app.get<AttachmentPath>(one, since, async (request) => ({
    attachment: attachmentDetail(await attachments.get(contextOf(request), request.params.attachment_id)),
  }))

  app.put<AttachmentPath>(one, since, async (request) => {
    const connector = parseUpdate(request.body)
    const { attachment_id: id } = request.params
    return { attachment: attachmentDetail(await attachments.update(contextOf(request), id, connector)) }
  })

  app.post<AttachmentPath>(`${one}/action`, served({ from: '3.44' }), async (request, reply) => {
    requireComplete(request.body)
    await attachments.complete(contextOf(request), request.params.attachment_id)
    return await reply.code(204).send()
  })

  app.delete<AttachmentPath>(one, since, async (request) => {
    const left = await attachments.delete(contextOf(request), request.params.attachment_id)
    return { attachments: left.map(attachmentSummary) }
  })
}
