import type { AuthPlugin, TokenData } from '@longhaul/keystoneauth'
import type { Reason } from './reasons.ts'

/** Request headers as node:http gives them: names in lower case. */
export type RequestHeaders = Readonly<Record<string, string | readonly string[] | undefined>>

/** A request without a framework. */
export interface NeutralRequest {
  method: string
  /** Path as the application routes it, percent-encoded; a query string is ignored. */
  path: string
  headers: RequestHeaders
  /** For the log line of a refusal. */
  requestId?: string | undefined
}

export type IdentityStatus = 'Confirmed' | 'Invalid'

/** What is known of the caller. Everything but the statuses is undefined unless it was confirmed. */
export interface KeystoneRequest {
  identityStatus: IdentityStatus
  /** undefined when no service token came. */
  serviceIdentityStatus?: IdentityStatus | undefined
  /** The caller's token, without surrounding blanks; only when confirmed. */
  userToken?: string | undefined
  /** The calling service's token; only when confirmed. */
  serviceToken?: string | undefined
  /** Shared between requests and frozen. */
  user?: TokenData | undefined
  /** Shared between requests and frozen. */
  service?: TokenData | undefined
  /**
   * The caller's token as an auth plugin, for calls to other services on the caller's behalf: with endpoints of the
   * token's catalog, never renewed, and without a service token. Only when confirmed.
   */
  readonly auth?: AuthPlugin | undefined
  /** The headers that the original middleware would have set, canonical names; absent values are left out. */
  headers(): Record<string, string>
  /** Why the request would be rejected without a delayed decision: the user token, else the service token. */
  reason?: Reason | undefined
}

/** Passed on (perhaps as not authenticated, if the decision is delayed). */
export interface Accepted {
  kind: 'accepted'
  keystone: KeystoneRequest
}

/** To be answered at once. */
export interface Rejected {
  kind: 'rejected'
  status: 401 | 503
  headers: Record<string, string>
  body: string
  reason: Reason
}

export type Verdict = Accepted | Rejected
