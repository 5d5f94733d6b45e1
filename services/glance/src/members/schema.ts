import { z } from 'zod'
import { badRequest, parseBody } from '@longhaul/oslo/api'
import { choiceKind, storableText, textKind, uuidPattern } from '../json-kinds.ts'
import { memberStatuses, type MemberStatus } from '../member-status.ts'
import { wireTime } from '../wire-time.ts'
import type { Member } from './member.ts'

/** The JSON schema of a member. */
export const memberJsonSchema = {
  name: 'member' as const,
  properties: {
    created_at: { type: 'string', description: 'When the image was shared' },
    image_id: { type: 'string', pattern: uuidPattern.source, description: 'Identifier of the image' },
    member_id: { ...textKind(255).json, description: 'Identifier of the project' },
    status: { ...choiceKind(memberStatuses).json, description: 'What the project makes of the image' },
    updated_at: { type: 'string', description: 'When the status last changed' },
    schema: { type: 'string', readOnly: true },
  },
}

const created = z.object({ member: storableText(255).min(1, "Member can't be empty") })

/** Reads `{"member": "<project>"}`. @throws ApiError 400 `invalid_body` */
export function parseMember(body: unknown): string {
  return parseBody(created, objectOf(body, 'Member to be added not specified')).member
}

/** Reads `{"status": "accepted"}`; what it may be is said once the member is found. @throws ApiError 400 `invalid_body` */
export function parseStatusBody(body: unknown): unknown {
  const { status } = objectOf(body, 'Status not specified')
  if (status === undefined) throw badRequest('Status not specified', { code: 'invalid_body' })
  return status
}

/** @throws ApiError 400 `invalid_body` */
export function parseStatus(status: unknown): MemberStatus {
  const found = memberStatuses.find((known) => known === status)
  if (found) return found
  throw badRequest('Incorrect request: Status must be "pending", "accepted" or "rejected".', {
    code: 'invalid_body',
  })
}

function objectOf(body: unknown, otherwise: string): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body))
    return body as Record<string, unknown>
  throw badRequest(body === undefined ? 'Body expected in request.' : otherwise, { code: 'invalid_body' })
}

export function memberDocument(member: Member): Record<string, unknown> {
  return {
    member_id: member.memberId,
    image_id: member.imageId,
    status: member.status,
    created_at: wireTime(member.createdAt),
    updated_at: wireTime(member.updatedAt),
    schema: '/v2/schemas/member',
  }
}
