import { createHash } from 'node:crypto'
import { AuthorizationFailure } from './errors.ts'
import type { PluginSession } from './plugin-session.ts'
import { authTokenHeader, serviceTokenHeader, type AuthPlugin, type Refusal } from './plugin.ts'

export interface ServiceTokenAuthOptions {
  /** Whose request it is. */
  user: AuthPlugin
  /** The service that passes it on; its token says so. */
  service: AuthPlugin
}

/**
 * Sends both tokens: the user's in X-Auth-Token, the service's in X-Service-Token, so that a receiver may accept a user
 * token that has expired since. The request is not sent when one of them cannot be had.
 *
 * A 401 rarely says whom it means. What is dropped after one:
 *
 * | the refused request                                               | user's token | service's token |
 * |-------------------------------------------------------------------|--------------|-----------------|
 * | the challenge names the user's token (`error="user_token_…"`)     | dropped      | kept            |
 * | the challenge names the service's token (`error="service_token_…"`) | kept       | dropped (1)     |
 * | the service's token has been replaced since                       | dropped      | kept, but sent  |
 * | this user's token has cost a service login within a minute        | dropped      | kept (2)        |
 * | anything else, a challenge that names both too                    | dropped      | dropped (1)     |
 *
 * A static user token cannot be dropped. (1) Unless it is younger than five seconds: it was just given by Keystone.
 * (2) The user's token is the true cause then, and a login for each of its refusals would be a storm on Keystone.
 * Endpoints, ids and access are the user's.
 *
 * @see keystoneauth1, service_token.ServiceTokenAuthWrapper, which drops both at every 401
 */
export function serviceTokenAuth(options: ServiceTokenAuthOptions): AuthPlugin {
  const { user, service } = options
  const suspicion = suspicionOf(service)
  return {
    async getHeaders(session) {
      const [headers, token] = await Promise.all([user.getHeaders(session), service.getToken(session)])
      if (token === undefined) throw new AuthorizationFailure('the service has no token of its own to give')
      if (!suspicion.knows(token)) suspicion.seen(token, await obtainedAt(token, service, session))
      return headers && { ...headers, [serviceTokenHeader]: token }
    },
    getToken: (session) => user.getToken(session),
    getEndpoint: (session, filter) => user.getEndpoint(session, filter),
    getEndpointData: async (session, filter) => user.getEndpointData?.(session, filter),
    getVersions: async (session, filter) => (await user.getVersions?.(session, filter)) ?? [],
    getAccess: async (session) => user.getAccess?.(session),
    getProjectId: (session) => user.getProjectId(session),
    getUserId: (session) => user.getUserId(session),
    getAuthState: () => user.getAuthState?.(),
    setAuthState: (state) => user.setAuthState?.(state),
    invalidate(refusal) {
      if (!refusal) return [user.invalidate(), service.invalidate()].includes(true)
      const blamed = blamedBy(refusal.challenge)
      const userDropped = blamed !== 'service' && user.invalidate(refusal)
      const serviceDropped =
        blamed !== 'user' && suspicion.falls(refusal, blamed) && service.invalidate(refusal)
      return userDropped || serviceDropped
    },
  }
}

type Culprit = 'user' | 'service'

// What Longhaul's own middleware adds when www_authenticate_reason is on. A user token that has expired is refused because
// the service's was: then `error` names the first and `service_error` the second.
function blamedBy(challenge = ''): Culprit | undefined {
  const user = /\berror="user_token_/.test(challenge)
  const service = /\b(?:service_)?error="service_token_/.test(challenge)
  if (user === service) return undefined
  return user ? 'user' : 'service'
}

/** When Keystone gave the token, by this clock; now if the plugin does not know. */
async function obtainedAt(token: string, service: AuthPlugin, session: PluginSession): Promise<Date> {
  const access = await service.getAccess?.(session).catch(() => undefined)
  return (access?.token === token && access.obtainedAt) || session.now()
}

const innocentForMilliseconds = 5000
const acquittedForMilliseconds = 60_000
const mostUsers = 1000

/** What is known of the service token that all wrappers around one service plugin share. */
class Suspicion {
  #token: { value: string; since: number } | undefined
  /** The last one that had to go; late refusals of it find it replaced, or being replaced. */
  #fallen: string | undefined
  /** When a user token, by digest, last cost a service login; oldest first. */
  readonly #costs = new Map<string, number>()

  knows(value: string): boolean {
    return this.#token?.value === value
  }

  seen(value: string, since: Date): void {
    this.#token = { value, since: since.getTime() }
  }

  /** Whether the service token has to go. */
  falls(refusal: Refusal, blamed: Culprit | undefined): boolean {
    const now = refusal.at.getTime()
    const refused = refusal.headers[serviceTokenHeader]
    if (!this.#token || refused !== this.#token.value || refused === this.#fallen) return true
    // A clock may have been set back.
    if (Math.abs(now - this.#token.since) < innocentForMilliseconds) return false
    if (blamed !== 'service' && this.#acquitted(refusal.headers[authTokenHeader] ?? '', now)) return false
    this.#fallen = refused
    return true
  }

  #acquitted(userToken: string, now: number): boolean {
    const user = createHash('sha256').update(userToken).digest('base64')
    const last = this.#costs.get(user)
    if (last !== undefined && Math.abs(now - last) < acquittedForMilliseconds) return true
    this.#costs.delete(user)
    this.#costs.set(user, now)
    if (this.#costs.size > mostUsers) this.#costs.delete(this.#costs.keys().next().value!)
    return false
  }
}

const suspicions = new WeakMap<AuthPlugin, Suspicion>()

function suspicionOf(service: AuthPlugin): Suspicion {
  const known = suspicions.get(service) ?? new Suspicion()
  suspicions.set(service, known)
  return known
}
