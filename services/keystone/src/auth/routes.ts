import { parseBody, type ApiApp } from '@longhaul/oslo/api'
import type { Enforcer } from '@longhaul/oslo/policy'
import type { FastifyRequest } from 'fastify'
import { showInLog, type Callers } from '../caller.ts'
import { expecting } from '../refusal.ts'
import { tokenJson } from '../token/render.ts'
import type { ValidateOptions, Validation, ValidToken } from '../token/provider.ts'
import { understandsAccessRules } from './access-rules.ts'
import { authenticate, type AuthenticateDeps } from './authenticate.ts'
import { authSchema, type AuthRequest } from './schema.ts'
import { tokenNotFound } from './token-not-found.ts'

export interface TokenRouteDeps extends AuthenticateDeps {
  callers: Callers
  policy: Enforcer
  validate: (text: string, options: ValidateOptions) => Promise<Validation>
  /** Refuses the token with this audit id from now on, and no other. */
  revokeToken: (auditId: string) => Promise<void>
}

type TokenAction = 'identity:validate_token' | 'identity:check_token' | 'identity:revoke_token'

const path = '/v3/auth/tokens'
const subjectHeader = 'x-subject-token'

/**
 * Tokens: issue, validate, check, revoke. Validation is the hot path: headers are read by hand and the answer is text.
 *
 * @see Identity API v3, authentication and token management
 */
export function tokenRoutes(app: ApiApp, deps: TokenRouteDeps): void {
  app.post(path, async (request, reply) => {
    const { text, token } = await authenticate(deps, readAuth(request.body))
    showInLog(request, { identityStatus: 'Confirmed', user: token.body })
    reply.code(201).header('X-Subject-Token', text).type('application/json')
    return answerFor(request, token)
  })

  app.get(path, { exposeHeadRoute: false }, async (request, reply) => {
    const token = await subjectOf(request, deps, 'identity:validate_token')
    reply.header('X-Subject-Token', request.headers[subjectHeader]).type('application/json')
    return answerFor(request, token)
  })

  app.head(path, async (request, reply) => {
    const token = await subjectOf(request, deps, 'identity:check_token')
    reply.header('X-Subject-Token', request.headers[subjectHeader]).type('application/json')
    return answerFor(request, token)
  })

  app.delete(path, async (request, reply) => {
    const token = await subjectOf(request, deps, 'identity:revoke_token')
    await deps.revokeToken(token.payload.auditIds[0]!)
    return reply.code(204).send()
  })
}

function readAuth(body: unknown): AuthRequest {
  if (body !== undefined && (typeof body !== 'object' || body === null || Array.isArray(body)))
    throw expecting('valid JSON', 'request body', 'body_invalid')
  const { auth } = (body ?? {}) as { auth?: unknown }
  if (auth === undefined || auth === null) throw expecting('auth', 'request body', 'auth_missing')
  return parseBody(authSchema, auth)
}

/**
 * The subject token, once caller, token and policy allow it, in this order: so a token that does not hold is a 404 even
 * for a caller who may not ask.
 */
async function subjectOf(
  request: FastifyRequest,
  deps: TokenRouteDeps,
  action: TokenAction,
): Promise<ValidToken> {
  const { context, known } = await deps.callers(request)
  const text = request.headers[subjectHeader]
  if (text === undefined) {
    deps.policy.authorize(action, {}, context)
    throw tokenNotFound('absent')
  }
  // An expired token cannot be revoked: there the window does not count.
  const allowExpired = action !== 'identity:revoke_token' && isTrue(queryOf(request, 'allow_expired'))
  const validation = await deps.validate(String(text), { allowExpired, known })
  if ('problem' in validation) throw tokenNotFound(validation.problem)
  const { token } = validation
  const { user } = token.facts
  deps.policy.authorize(
    action,
    { target: { token: { user_id: user.id, user: { domain: { id: user.domain.id } } } }, user_id: user.id },
    context,
  )
  if (!understandsAccessRules(token, request.headers['openstack-identity-access-rules']))
    throw tokenNotFound('access_rules')
  return token
}

function answerFor(request: FastifyRequest, { body, facts, json }: ValidToken): string {
  if (queryOf(request, 'nocatalog') !== undefined) return (json.bare ??= tokenJson(body, undefined))
  return (json.full ??= tokenJson(body, facts.catalog?.json))
}

function queryOf(request: FastifyRequest, name: string): string | undefined {
  const value = (request.query as Record<string, string | string[] | undefined>)[name]
  return Array.isArray(value) ? value.at(-1) : value
}

const trueWords = new Set(['1', 't', 'true', 'on', 'y', 'yes'])

/** Everything that is not plainly true is false. @see oslo.utils, strutils.bool_from_string */
function isTrue(value: string | undefined): boolean {
  return value !== undefined && trueWords.has(value.trim().toLowerCase())
}
