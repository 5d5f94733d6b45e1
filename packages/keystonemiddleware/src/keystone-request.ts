import type { AuthPlugin, TokenData } from '@longhaul/keystoneauth'
import { callerAuth } from './caller-auth.ts'
import type { Judged, JudgedService } from './checks.ts'
import { catalogHeaders, headersOf, statusHeaders } from './headers.ts'
import type { Reason } from './reasons.ts'
import type { ReceivedTokens } from './received-tokens.ts'
import type { IdentityStatus, KeystoneRequest } from './verdict.ts'

/** What the application is given. A class with every field set, as each request makes one. */
export class JudgedRequest implements KeystoneRequest {
  readonly identityStatus: IdentityStatus
  readonly serviceIdentityStatus: IdentityStatus | undefined
  readonly user: TokenData | undefined
  readonly userToken: string | undefined
  readonly service: TokenData | undefined
  readonly serviceToken: string | undefined
  readonly reason: Reason | undefined
  readonly #includeServiceCatalog: boolean
  #auth: AuthPlugin | undefined

  constructor(
    tokens: ReceivedTokens,
    user: Judged,
    service: JudgedService | undefined,
    includeServiceCatalog: boolean,
  ) {
    this.identityStatus = user.status
    this.serviceIdentityStatus = service?.status
    this.user = user.data
    this.userToken = user.data && tokens.user
    this.service = service?.data
    this.serviceToken = service?.data && tokens.service
    this.reason = user.reason ?? service?.reason
    this.#includeServiceCatalog = includeServiceCatalog
  }

  get auth(): AuthPlugin | undefined {
    const { user, userToken } = this
    if (!user || userToken === undefined) return undefined
    return (this.#auth ??= callerAuth(userToken, user))
  }

  headers(): Record<string, string> {
    const { user, service, serviceIdentityStatus } = this
    return {
      ...(user ? headersOf(user, 'user') : {}),
      ...(user && this.#includeServiceCatalog ? catalogHeaders(user) : {}),
      ...(service ? headersOf(service, 'service') : {}),
      [statusHeaders.user]: this.identityStatus,
      ...(serviceIdentityStatus ? { [statusHeaders.service]: serviceIdentityStatus } : {}),
    }
  }
}

/** What a request is given whose tokens were not looked at. */
export function unauthenticatedRequest(reason: Reason): KeystoneRequest {
  return new JudgedRequest(
    { user: undefined, service: undefined },
    { status: 'Invalid', reason },
    undefined,
    false,
  )
}
