import { AccessInfo } from '../access.ts'
import type { EndpointFilter } from '../catalog.ts'
import { endpointData } from '../endpoint-data.ts'
import { InvalidResponse, isRetriable } from '../errors.ts'
import { authTokenHeader, subjectTokenHeader, type AuthPlugin, type Refusal } from '../plugin.ts'
import type { PluginSession } from '../plugin-session.ts'
import { withoutSecrets } from '../response.ts'
import type { TokenData } from '../token-data.ts'
import { identityUrl } from './auth-url.ts'
import { scopeOf, type ScopeOptions } from './scope.ts'

/** Options of every plugin that logs in at Keystone. */
export interface IdentityOptions extends ScopeOptions {
  /** With or without `/v3`, with any path prefix; without `/v3` Keystone is asked where it is. */
  authUrl: string
  /** False: no catalog in the token. Default true. */
  includeCatalog?: boolean
  /** False: a login is kept past its expiry. Default true. */
  reauthenticate?: boolean
}

/** One authentication method: its name in `auth.identity.methods` and its payload. */
export interface AuthMethod {
  name: string
  payload(): Record<string, unknown>
  /** What of the payload no error may repeat. */
  secrets: readonly string[]
}

interface Login {
  access: AccessInfo
  /** Milliseconds of the session's clock. */
  renewAt: number
  endsAt: number
}

// A token is renewed this long before its end, or after four fifths of its life when that is later.
const marginSeconds = 120
const marginShare = 0.2
const retryRenewalMilliseconds = 5000

/**
 * A plugin that logs in when needed: one login for any number of callers, renewed ahead of its expiry. While a renewal
 * fails for a passing reason, the token is used to its end.
 *
 * @throws AuthorizationFailure for a scope that contradicts itself, or an `authUrl` that is none
 */
export function identityPlugin(method: AuthMethod, options: IdentityOptions): AuthPlugin {
  const scope = scopeOf(options)
  const baseUrl = identityUrl(options.authUrl)
  let held: Login | undefined
  let pending: Promise<AccessInfo> | undefined

  const login = async (session: PluginSession): Promise<AccessInfo> => {
    const identity = { methods: [method.name], [method.name]: method.payload() }
    const query = options.includeCatalog === false ? '?nocatalog' : ''
    const url = `${await baseUrl(session)}/auth/tokens${query}`
    const response = await session.request(url, {
      method: 'POST',
      authenticated: false,
      json: { auth: { identity, ...(scope === undefined ? {} : { scope }) } },
      secrets: method.secrets,
    })
    const token = response.headers[subjectTokenHeader.toLowerCase()]
    const data = (await response.json<{ token?: TokenData } | null>())?.token
    if (!token || !data?.user || Number.isNaN(Date.parse(data.expires_at))) {
      throw new InvalidResponse(`POST ${withoutSecrets(url)}: the answer holds no token`)
    }
    return new AccessInfo(token, data)
  }

  const renew = async (session: PluginSession): Promise<AccessInfo> => {
    try {
      const access = await login(session)
      held = { access, ...datesOf(access, session.now()) }
      return access
    } catch (error) {
      const now = session.now().getTime()
      if (!held || now >= held.endsAt || !isRetriable(error)) throw error
      held.renewAt = now + retryRenewalMilliseconds
      return held.access
    }
  }

  const current = async (session: PluginSession): Promise<AccessInfo> => {
    const due = held && options.reauthenticate !== false && session.now().getTime() >= held.renewAt
    if (held && !due) return held.access
    pending ??= renew(session).finally(() => (pending = undefined))
    return pending
  }

  return {
    getHeaders: async (session) => ({ [authTokenHeader]: (await current(session)).token }),
    getToken: async (session) => (await current(session)).token,
    getEndpoint: async (session, filter: EndpointFilter) => (await current(session)).catalog.urlFor(filter),
    getEndpointData: async (session, filter) => {
      const access = await current(session)
      const headers = { [authTokenHeader]: access.token }
      return endpointData(session, access.catalog.urlFor(filter), { headers, projectId: access.projectId })
    },
    getAccess: current,
    getProjectId: async (session) => (await current(session)).projectId,
    getUserId: async (session) => (await current(session)).userId,
    invalidate(refusal?: Refusal) {
      const had = held !== undefined || pending !== undefined
      // A refusal of a token that has been replaced since says nothing of the new one.
      const refused = !refusal || Object.values(refusal.headers).includes(held?.access.token ?? '')
      if (refused) held = undefined
      return had || refusal !== undefined
    },
  }
}

// Counted from now by this clock: the two clocks need not agree.
function datesOf(access: AccessInfo, now: Date): Pick<Login, 'renewAt' | 'endsAt'> {
  const remaining = (access.expiresAt.getTime() - now.getTime()) / 1000
  const lifetime = Number.isFinite(access.lifetimeSeconds) ? access.lifetimeSeconds : remaining
  const margin = Math.min(marginSeconds, lifetime * marginShare)
  return {
    renewAt: now.getTime() + (lifetime - margin) * 1000,
    endsAt: now.getTime() + lifetime * 1000,
  }
}
