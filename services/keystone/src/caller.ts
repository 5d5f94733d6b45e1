import { contextFromIdentity, type RequestContext } from '@longhaul/oslo/context'
import { globalRequestId } from '@longhaul/oslo/api'
import type { FastifyRequest } from 'fastify'
import { notAuthenticated } from './refusal.ts'
import type { Knowledge } from './token/knowledge.ts'
import type { TokenProvider, ValidToken } from './token/provider.ts'

/** Who calls. */
export interface Caller {
  token: ValidToken
  /** What was known when the token was looked at; all of one request is decided by it. */
  known: Knowledge
  context: RequestContext
}

/** Gives the caller of a request. @throws ApiError 401 */
export type Callers = (request: FastifyRequest) => Promise<Caller>

/**
 * A caller is who sends a token that holds now: the window for expired tokens is not for callers, whatever service token
 * comes along.
 */
export function callersBy(provider: TokenProvider): Callers {
  return async (request) => {
    const header = request.headers['x-auth-token']
    const known = await provider.knowledge()
    const validation = await provider.validate(typeof header === 'string' ? header : undefined, { known })
    if ('problem' in validation) {
      showInLog(request, { identityStatus: 'Invalid', reason: validation.problem })
      throw notAuthenticated(`X-Auth-Token: ${validation.problem}`)
    }
    const { token } = validation
    showInLog(request, { identityStatus: 'Confirmed', user: token.body })
    const ids = { requestId: request.id, globalRequestId: globalRequestId(request.headers) }
    return { token, known, context: contextFromIdentity({ user: token.body }, ids) }
  }
}

/** The domain in which a caller makes things without naming one; undefined for a caller of the whole system. */
export function domainOfCaller({ context }: Caller): string | undefined {
  return context.domainId ?? context.projectDomainId
}

/** What the access log shows of a request's token: audit ids and times, never its text. */
export interface LoggedIdentity {
  identityStatus: 'Confirmed' | 'Invalid'
  user?: ValidToken['body']
  reason?: string
}

/** Hangs the identity where the access log looks for it. */
export function showInLog(request: FastifyRequest, identity: LoggedIdentity): void {
  Object.assign(request, { keystone: identity })
}
