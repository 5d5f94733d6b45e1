import type { Judged, JudgedService } from './checks.ts'
import type { Reason } from './reasons.ts'

/** Where a token's data came from: kept answer, kept refusal, a question under way, or a new question. */
export type LookupSource = 'hit' | 'refused' | 'joined' | 'miss'

/** How Keystone answered. */
export type AnswerKind = 'known' | 'refused' | 'unavailable'

/** Receives what can be counted; every member is optional. */
export interface AuthTokenMetrics {
  looked?(source: LookupSource): void
  /** @param seconds how long the question took */
  asked?(answer: AnswerKind, seconds: number): void
  /** A request that is not authenticated, whether rejected or passed on. */
  refused?(reason: Reason): void
  /** A service token that is not confirmed, whatever becomes of the request. */
  serviceTokenRefused?(reason: Reason): void
  /** A service token without one of service_token_roles, whether that is demanded or not. */
  serviceRoleMissing?(): void
  /** @param ageSeconds for how long the user token had been expired that a confirmed service token let pass */
  expiredAllowed?(ageSeconds: number): void
}

/** Counts what the outcome for both tokens says of the service's. */
export function measure(
  metrics: AuthTokenMetrics,
  user: Judged,
  service: JudgedService | undefined,
  now: number,
): void {
  if (!service) return
  if (service.reason) metrics.serviceTokenRefused?.(service.reason)
  if (service.reason === 'service_token_role_missing' || (service.data && !service.byRole)) {
    metrics.serviceRoleMissing?.()
  }
  if (!user.data || !metrics.expiredAllowed) return
  const expired = now - Date.parse(user.data.expires_at)
  if (expired > 0) metrics.expiredAllowed(expired / 1000)
}
