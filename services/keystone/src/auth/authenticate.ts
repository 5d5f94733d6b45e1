import { unauthorized } from '@longhaul/oslo/api'
import { notAuthenticated } from '../refusal.ts'
import type { Issued, TokenRequest, ValidToken } from '../token/provider.ts'
import { methodsSuffice } from './method-rules.ts'
import type { AuthMethod, Proven } from './methods/method.ts'
import type { AuthRequest, IdentityRequest } from './schema.ts'
import { readScope, refuseRescope, settleScope, type ScopeDeps } from './scope.ts'

export interface AuthenticateDeps extends ScopeDeps {
  /** `[auth] methods`, in configured order. */
  methods: readonly string[]
  /** The methods that there are. */
  methodsByName: ReadonlyMap<string, AuthMethod>
  /** `[token] allow_rescope_scoped_token`. */
  allowRescope: boolean
  issue: (request: TokenRequest) => Promise<Issued>
}

/**
 * A login: reads the wish, proves the identity by each method, settles the scope, issues the token.
 *
 * @throws ApiError 400 for a malformed request, 401 for everything that is refused, 403 for a rescope that is not
 *   allowed, 404 for a token that cannot be exchanged
 */
export async function authenticate(
  deps: AuthenticateDeps,
  request: AuthRequest,
): Promise<{ text: string; token: ValidToken }> {
  const wanted = readScope(request.scope)
  const proven = await proveIdentity(deps, request.identity)
  const { userId, parent } = proven
  if (parent) refuseRescope(parent, wanted, deps.allowRescope)
  const scope = await settleScope(deps, userId, wanted)
  const user = await deps.directory.user(userId)
  if (user && !methodsSuffice(user.options, proven.methods, deps.methods))
    throw notAuthenticated(`methods of user ${userId} are not enough: ${proven.methods.join(', ')}`)
  const issued = await deps.issue({
    userId,
    methods: [...new Set(proven.methods)],
    ...scope,
    ...(parent ? { parent } : {}),
  })
  if ('problem' in issued) throw notAuthenticated(`no token for user ${userId}: ${issued.problem}`)
  return issued
}

/** All methods must hold, and prove one user. */
async function proveIdentity(deps: AuthenticateDeps, identity: IdentityRequest): Promise<Proven> {
  const prove = [...new Set(identity.methods)].map((name) => methodNamed(deps, name))
  let proven: Proven | undefined
  for (const method of prove) {
    const one = await method(identity)
    if (proven && proven.userId !== one.userId) throw notAuthenticated('the methods prove different users')
    proven = { ...proven, ...one, methods: [...(proven?.methods ?? []), ...one.methods] }
  }
  if (!proven) throw notAuthenticated('no authentication method')
  return proven
}

function methodNamed({ methods, methodsByName }: AuthenticateDeps, name: string): AuthMethod {
  const method = methods.includes(name) ? methodsByName.get(name) : undefined
  if (method) return method
  throw unauthorized('Attempted to authenticate with an unsupported method.', {
    code: 'method_unsupported',
    extra: { identity: { methods } },
  })
}
