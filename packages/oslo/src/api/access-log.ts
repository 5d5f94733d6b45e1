import type { FastifyReply, FastifyRequest } from 'fastify'
import { isSecretName } from '../log/index.ts'
import type { Logger } from '../log/index.ts'
import { globalRequestId } from './request-ids.ts'

/** As much of a validated token as the log shows. */
interface TokenLike {
  user: { id: string; name?: string }
  project?: { id: string } | undefined
  roles?: readonly { name: string }[] | undefined
  audit_ids: readonly string[]
  issued_at: string
  expires_at: string
}

/** What the authentication middleware hangs on a request. */
interface IdentityLike {
  user?: TokenLike | undefined
  service?: TokenLike | undefined
  reason?: unknown
}

/** The status written for a client that went away before the answer was complete. */
export const clientClosed = 499

/**
 * Writes the line of one request: method, path, status, time, ids, and the tokens by audit id only.
 *
 * @param now milliseconds since 1970, to tell whether the user's token has expired
 */
export function logRequest(
  logger: Logger,
  request: FastifyRequest,
  reply: FastifyReply,
  facts: { status: number; seconds: number; now: number; remote: string },
): void {
  const { user, service, reason } = (request as { keystone?: IdentityLike }).keystone ?? {}
  const line: Record<string, unknown> = {
    method: request.method,
    path: pathForLog(request.url),
    status: facts.status,
    duration_ms: Math.round(facts.seconds * 1e6) / 1e3,
    request_id: request.id,
    global_request_id: globalRequestId(request.headers),
    user_agent: request.headers['user-agent'],
    remote: facts.remote,
  }
  const length = reply.getHeader('content-length')
  if (length !== undefined) line['length'] = Number(length)
  if (user) {
    line['user_token'] = {
      audit_id: user.audit_ids[0],
      user: user.user.name ?? user.user.id,
      project: user.project?.id,
      issued_at: user.issued_at,
      expires_at: user.expires_at,
      expired: Date.parse(user.expires_at) <= facts.now,
    }
  }
  if (service) {
    line['service_token'] = {
      audit_id: service.audit_ids[0],
      user: service.user.name ?? service.user.id,
      roles: service.roles?.map((role) => role.name),
    }
  }
  if (reason !== undefined) line['reason'] = reason
  logger.info(line, 'request')
}

/** The path, and of the query the values whose names are no secret. */
export function pathForLog(url: string): string {
  const mark = url.indexOf('?')
  if (mark < 0) return url
  const query = url
    .slice(mark + 1)
    .split('&')
    .map((pair) => {
      const name = pair.split('=', 1)[0] ?? ''
      return isSecretName(name) ? `${name}=[redacted]` : pair
    })
  return `${url.slice(0, mark)}?${query.join('&')}`
}
