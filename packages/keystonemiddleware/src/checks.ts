import type { TokenData } from '@longhaul/keystoneauth'
import { accessRulesRefusal } from './access-rules.ts'
import { InvalidToken, type ValidationUnavailable } from './errors.ts'
import type { Reason } from './reasons.ts'
import { bindingHolds } from './token-binding.ts'
import type { KnownToken } from './token-cache.ts'
import type { IdentityStatus } from './verdict.ts'

/** What Keystone said of a token: what it knows, or why there is nothing. */
export type Answer = KnownToken | InvalidToken | ValidationUnavailable

/** The settings that checks look at; see the options of the same name. */
export interface CheckSettings {
  serviceTokenRoles: readonly string[]
  serviceTokenRolesRequired: boolean
  enforceTokenBind: string
  serviceType: string | undefined
  /** Milliseconds; Keystone's `[token] allow_expired_window`. */
  windowMs: number
}

/** All that is known when the answers are in. */
export interface Facts {
  /** Milliseconds since the epoch. */
  now: number
  method: string
  path: string
  /** undefined: the request carries no such token. */
  user: Answer | undefined
  service: Answer | undefined
  settings: CheckSettings
}

/** The outcome for one token. */
export interface Judged {
  status: IdentityStatus
  reason?: Reason
  data?: TokenData
}

/** The outcome for the service token. */
export interface JudgedService extends Judged {
  /** Confirmed and carries one of service_token_roles; the only thing that allows more than a user token alone. */
  byRole: boolean
}

type Check = (token: KnownToken, facts: Facts, serviceByRole: boolean) => Reason | undefined

/**
 * What a service token that Keystone knows has to pass, in this order.
 *
 * @see keystonemiddleware auth_token/__init__.py
 */
const serviceChecks: readonly Check[] = [serviceTokenUnexpired, serviceBindingHolds, serviceRoleHeld]

/** The same for a user token. */
const userChecks: readonly Check[] = [userTokenUnexpired, accessRulesAllow, userBindingHolds]

/** The outcome for the service token; undefined when none came. */
export function judgeService(facts: Facts): JudgedService | undefined {
  if (facts.service === undefined) return undefined
  const refused = refusalOf(facts.service, 'service', facts)
  if (refused) return { status: 'Invalid', reason: refused, byRole: false }
  const token = facts.service as KnownToken
  const reason = firstReason(serviceChecks, token, facts, false)
  if (reason) return { status: 'Invalid', reason, byRole: false }
  // Where it is required, it has been looked for already.
  const byRole = facts.settings.serviceTokenRolesRequired || holdsServiceRole(token, facts)
  return { status: 'Confirmed', data: token.data, byRole }
}

/** The outcome for the user token. */
export function judgeUser(facts: Facts, service: JudgedService | undefined): Judged {
  if (facts.user === undefined) return { status: 'Invalid', reason: 'user_token_absent' }
  const refused = refusalOf(facts.user, 'user', facts, service?.byRole)
  if (refused) return { status: 'Invalid', reason: refused }
  const token = facts.user as KnownToken
  const reason = firstReason(userChecks, token, facts, service?.byRole === true)
  return reason ? { status: 'Invalid', reason } : { status: 'Confirmed', data: token.data }
}

function refusalOf(
  answer: Answer,
  whose: 'user' | 'service',
  facts: Facts,
  serviceByRole = false,
): Reason | undefined {
  if (!(answer instanceof InvalidToken)) return answer instanceof Error ? answer.reason : undefined
  const { expiresAt } = answer
  const expired = expiresAt !== undefined && expiresAt < facts.now
  if (whose === 'service') return expired ? 'service_token_expired' : 'service_token_unknown'
  if (!expired) return 'user_token_unknown_or_revoked'
  if (!serviceByRole) return 'user_token_expired'
  // Within the window Keystone had another ground.
  const outside = expiresAt + facts.settings.windowMs <= facts.now
  return outside ? 'user_token_outside_window' : 'user_token_unknown_or_revoked'
}

function firstReason(
  checks: readonly Check[],
  token: KnownToken,
  facts: Facts,
  serviceByRole: boolean,
): Reason | undefined {
  for (const check of checks) {
    const reason = check(token, facts, serviceByRole)
    if (reason) return reason
  }
  return undefined
}

function serviceTokenUnexpired(token: KnownToken, facts: Facts): Reason | undefined {
  return unexpired(token, facts) ? undefined : 'service_token_expired'
}

// With a confirmed service token Keystone has already decided, by its window.
function userTokenUnexpired(token: KnownToken, facts: Facts, serviceByRole: boolean): Reason | undefined {
  return serviceByRole || unexpired(token, facts) ? undefined : 'user_token_expired'
}

function accessRulesAllow({ data }: KnownToken, facts: Facts, serviceByRole: boolean): Reason | undefined {
  const { method, path, settings } = facts
  return accessRulesRefusal(data, {
    method,
    path,
    serviceType: settings.serviceType,
    serviceConfirmed: serviceByRole,
  })
}

function serviceBindingHolds({ data }: KnownToken, facts: Facts): Reason | undefined {
  return bindingHolds(data, facts.settings.enforceTokenBind) ? undefined : 'service_token_bind_refused'
}

// A service forwards the user's token over its own connection, so there the binding cannot hold.
function userBindingHolds({ data }: KnownToken, facts: Facts): Reason | undefined {
  if (facts.service !== undefined) return undefined
  return bindingHolds(data, facts.settings.enforceTokenBind) ? undefined : 'user_token_bind_refused'
}

function serviceRoleHeld(token: KnownToken, facts: Facts): Reason | undefined {
  if (!facts.settings.serviceTokenRolesRequired) return undefined
  return holdsServiceRole(token, facts) ? undefined : 'service_token_role_missing'
}

function holdsServiceRole({ data }: KnownToken, facts: Facts): boolean {
  return (data.roles ?? []).some((role) => facts.settings.serviceTokenRoles.includes(role.name))
}

// At the very second of its expiry a token is still good. An unreadable date never is.
function unexpired({ expiresAt }: KnownToken, facts: Facts): boolean {
  return expiresAt >= facts.now
}
