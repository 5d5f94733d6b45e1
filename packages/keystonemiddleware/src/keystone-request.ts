import type { Judged, JudgedService } from './checks.ts'
import { catalogHeaders, headersOf, statusHeaders } from './headers.ts'
import type { Reason } from './reasons.ts'
import type { ReceivedTokens } from './received-tokens.ts'
import type { KeystoneRequest } from './verdict.ts'

/** Builds what the application is given. */
export function keystoneRequest(
  tokens: ReceivedTokens,
  user: Judged,
  service: JudgedService | undefined,
  includeServiceCatalog: boolean,
): KeystoneRequest {
  const reason = user.reason ?? service?.reason
  return {
    identityStatus: user.status,
    ...(service ? { serviceIdentityStatus: service.status } : {}),
    ...(user.data && tokens.user !== undefined ? { user: user.data, userToken: tokens.user } : {}),
    ...(service?.data && tokens.service !== undefined
      ? { service: service.data, serviceToken: tokens.service }
      : {}),
    ...(reason ? { reason } : {}),
    headers: () => ({
      ...(user.data ? headersOf(user.data, 'user') : {}),
      ...(user.data && includeServiceCatalog ? catalogHeaders(user.data) : {}),
      ...(service?.data ? headersOf(service.data, 'service') : {}),
      [statusHeaders.user]: user.status,
      ...(service ? { [statusHeaders.service]: service.status } : {}),
    }),
  }
}

/** What a request is given whose tokens were not looked at. */
export function unauthenticatedRequest(reason: Reason): KeystoneRequest {
  return keystoneRequest(
    { user: undefined, service: undefined },
    { status: 'Invalid', reason },
    undefined,
    false,
  )
}
