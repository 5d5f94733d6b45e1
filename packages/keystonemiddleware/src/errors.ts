import type { Reason } from './reasons.ts'

/** What {@link InvalidToken} may know. */
export interface InvalidTokenDetails extends ErrorOptions {
  /** Milliseconds since the epoch: the token's expiry, if Keystone has told it before. */
  expiresAt?: number | undefined
}

/** Keystone does not know the token: never issued, revoked, or past what the question allows. */
export class InvalidToken extends Error {
  readonly code = 'invalid_token'
  readonly expiresAt: number | undefined

  constructor(options: InvalidTokenDetails = {}) {
    super('the token is not valid', options)
    this.name = 'InvalidToken'
    this.expiresAt = options.expiresAt
  }
}

/** What {@link ValidationUnavailable} says beside its reason. */
export interface UnavailableDetails extends ErrorOptions {
  /** Seconds after which another try makes sense; absent when nobody said. */
  retryAfter?: number | undefined
  /** Whether every other token would meet the same now, so that requests stop queueing up. Default true. */
  outage?: boolean
}

/** Keystone gave no usable answer, so nothing is known of the token. */
export class ValidationUnavailable extends Error {
  readonly code = 'validation_unavailable'
  readonly reason: Reason
  readonly retryAfter: number | undefined
  readonly outage: boolean

  constructor(reason: Reason = 'keystone_unreachable', details: UnavailableDetails = {}) {
    super('Keystone gave no usable answer', details)
    this.name = 'ValidationUnavailable'
    this.reason = reason
    this.retryAfter = details.retryAfter
    this.outage = details.outage ?? true
  }
}
