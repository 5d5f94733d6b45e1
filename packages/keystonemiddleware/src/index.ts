export type { AdapterOptions } from './adapter-options.ts'
export { createAuthToken, type AuthToken, type AuthTokenOptions } from './auth-token.ts'
export {
  authTokenFromConfig,
  registerAuthTokenConfOptions,
  type AuthTokenFromConfigOptions,
} from './config.ts'
export { deviations, type Deviation } from './deviations.ts'
export { doctor, type DoctorOptions } from './doctor/doctor.ts'
export type { Finding } from './doctor/finding.ts'
export { InvalidToken, ValidationUnavailable, type UnavailableDetails } from './errors.ts'
export {
  keystoneFetchToken,
  type FetchOptions,
  type FetchToken,
  type KeystoneFetchTokenOptions,
} from './fetch-token.ts'
export { stripForgedHeaders, type HeaderHolder } from './forged-headers.ts'
export {
  catalogHeader,
  identityHeaders,
  statusHeaders,
  tokenHeaders,
  type IdentityHeader,
} from './headers.ts'
export { metricNames, type MetricName } from './metric-names.ts'
export type { AnswerKind, AuthTokenMetrics, LookupSource } from './metrics.ts'
export { authTokenOptions } from './options.ts'
export { reasons, type Reason } from './reasons.ts'
export type { AuthTokenLogger } from './refusal-log.ts'
export type { Override, Overrides } from './section.ts'
export { memoryTokenCache, type CachedToken, type TokenCache } from './token-cache.ts'
export type {
  Accepted,
  IdentityStatus,
  KeystoneRequest,
  NeutralRequest,
  Rejected,
  RequestHeaders,
  Verdict,
} from './verdict.ts'
