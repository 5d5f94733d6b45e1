import { AccessInfo } from '../access.ts'
import { catalogEndpoints } from '../catalog-endpoints.ts'
import { isRetriable } from '../errors.ts'
import { authTokenHeader, type AuthPlugin, type Refusal } from '../plugin.ts'
import type { PluginSession } from '../plugin-session.ts'
import { CircuitBreaker, type CircuitBreakerOptions } from './circuit-breaker.ts'

/** How long a login is kept. */
export interface HeldLoginOptions {
  /** False: a login is kept past its expiry. Default true. */
  reauthenticate?: boolean
  /** True: while a login is renewed ahead of its expiry, callers get the token in hand at once. Default false: they wait. */
  renewInBackground?: boolean
  /** When Keystone is left alone after failures; false: never. */
  circuitBreaker?: CircuitBreakerOptions | false
}

interface Held {
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
 * A plugin around a way to log in: one login for any number of callers, renewed ahead of its expiry. While a renewal fails
 * for a passing reason, the token is used to its end.
 *
 * @param options with `singleUse` the login cannot be repeated, and is used to its end without trying; `identityUrl` is where
 *   Keystone is
 */
export function heldLogin(
  login: (session: PluginSession) => Promise<AccessInfo>,
  options: HeldLoginOptions & {
    singleUse?: boolean
    identityUrl?: (session: PluginSession) => Promise<string>
  },
): AuthPlugin {
  let held: Held | undefined
  let pending: Promise<AccessInfo> | undefined
  const breaker = options.circuitBreaker === false ? undefined : new CircuitBreaker(options.circuitBreaker)

  const renew = async (session: PluginSession): Promise<AccessInfo> => {
    try {
      const access = await (breaker?.run(session.now, () => login(session)) ?? login(session))
      held = heldFrom(access, session.now())
      return access
    } catch (error) {
      const now = session.now().getTime()
      if (!held || now >= held.endsAt || !isRetriable(error)) throw error
      held.renewAt = now + retryRenewalMilliseconds
      return held.access
    }
  }

  const isDue = ({ renewAt, endsAt }: Held, now: number) =>
    options.reauthenticate !== false && now >= (options.singleUse ? endsAt : renewAt)

  const current = async (session: PluginSession): Promise<AccessInfo> => {
    const now = session.now().getTime()
    if (held && !isDue(held, now)) return held.access
    pending ??= renew(session).finally(() => (pending = undefined))
    return held && options.renewInBackground && now < held.endsAt ? inBackground(held, pending, now) : pending
  }

  return {
    getHeaders: async (session) => ({ [authTokenHeader]: (await current(session)).token }),
    getToken: async (session) => (await current(session)).token,
    ...catalogEndpoints(async (session) => {
      const { catalog, token, projectId } = await current(session)
      return { catalog, headers: { [authTokenHeader]: token }, projectId }
    }, options.identityUrl),
    getAccess: current,
    getProjectId: async (session) => (await current(session)).projectId,
    getUserId: async (session) => (await current(session)).userId,
    getAuthState: () => held?.access.toSecretText(),
    setAuthState(state) {
      held = state === undefined ? undefined : heldFrom(AccessInfo.fromSecretText(state), undefined)
    },
    invalidate(refusal?: Refusal) {
      const had = held !== undefined || pending !== undefined
      // A refusal of a token that has been replaced since says nothing of the new one.
      const refused = !refusal || Object.values(refusal.headers).includes(held?.access.token ?? '')
      if (refused) held = undefined
      return had || refusal !== undefined
    },
  }
}

/** The token in hand; a renewal that fails is tried again later, and tells its callers when the token has ended. */
function inBackground(held: Held, renewal: Promise<unknown>, now: number): AccessInfo {
  renewal.catch(() => (held.renewAt = Math.max(held.renewAt, now + retryRenewalMilliseconds)))
  return held.access
}

// Counted from when it was obtained, by this clock: the two clocks need not agree.
function heldFrom(access: AccessInfo, now: Date | undefined): Held {
  const obtained = (now ?? access.obtainedAt)?.getTime() ?? Date.parse(access.data.issued_at)
  const expires = access.expiresAt.getTime()
  if (Number.isNaN(obtained)) return { access, renewAt: expires - marginSeconds * 1000, endsAt: expires }
  const remaining = (expires - obtained) / 1000
  const lifetime = Number.isFinite(access.lifetimeSeconds) ? access.lifetimeSeconds : remaining
  const margin = Math.min(marginSeconds, lifetime * marginShare)
  return {
    access,
    renewAt: obtained + (lifetime - margin) * 1000,
    endsAt: obtained + lifetime * 1000,
  }
}
