import type { FastifyInstance } from 'fastify'
import { contextOf } from '../identity.ts'
import { withoutBody } from '../without-body.ts'
import type { Members } from './members.ts'
import { memberDocument, parseMember, parseStatusBody } from './schema.ts'

interface MembersPath {
  Params: { image_id: string }
}
interface MemberPath {
  Params: { image_id: string; member_id: string }
}

/** The routes of `/v2/images/{image_id}/members`. */
export function memberRoutes(app: FastifyInstance, members: Members): void {
  const list = '/v2/images/:image_id/members'
  const one = `${list}/:member_id`

  app.post<MembersPath>(list, async (request) => {
    const memberId = parseMember(request.body)
    return memberDocument(await members.create(contextOf(request), request.params.image_id, memberId))
  })

  app.get<MembersPath>(list, withoutBody, async (request) => {
    const found = await members.list(contextOf(request), request.params.image_id)
    return { members: found.map(memberDocument), schema: '/v2/schemas/members' }
  })

  app.get<MemberPath>(one, withoutBody, async (request) => {
    const { image_id: id, member_id: memberId } = request.params
    return memberDocument(await members.show(contextOf(request), id, memberId))
  })

  app.put<MemberPath>(one, async (request) => {
    const { image_id: id, member_id: memberId } = request.params
    const status = parseStatusBody(request.body)
    return memberDocument(await members.update(contextOf(request), id, memberId, status))
  })

  app.delete<MemberPath>(one, withoutBody, async (request, reply) => {
    const { image_id: id, member_id: memberId } = request.params
    await members.delete(contextOf(request), id, memberId)
    return reply.code(204).send()
  })
}
