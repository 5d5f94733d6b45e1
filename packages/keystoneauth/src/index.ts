export { AccessInfo } from './access.ts'
export { Adapter, type AdapterOptions } from './adapter.ts'
export { adminToken, type AdminTokenOptions } from './admin-token.ts'
export { curlCommand } from './curl.ts'
export type { BodySource } from './body.ts'
export { ServiceCatalog, type EndpointFilter } from './catalog.ts'
export { contextAuth, type ContextAuthOptions } from './context-auth.ts'
export * from './errors.ts'
export type { ApiVersion } from './discovery.ts'
export type { EndpointData } from './endpoint-data.ts'
export type { RequestOutcome, RequestPurpose, RetryNotice, SentRequest, SessionHooks } from './hooks.ts'
export { httpBasic, type HttpBasicOptions } from './http-basic.ts'
export {
  applicationCredential,
  applicationCredentialMethod,
  type ApplicationCredentialMethodOptions,
  type ApplicationCredentialOptions,
} from './identity/application-credential.ts'
export type { AuthMethod, Proof } from './identity/auth-method.ts'
export type { CircuitBreakerOptions } from './identity/circuit-breaker.ts'
export type { FederationOptions } from './identity/federation.ts'
export type { HeldLoginOptions } from './identity/held-login.ts'
export type { IdentityOptions } from './identity/login.ts'
export { multifactor, type MultifactorOptions } from './identity/multifactor.ts'
export {
  oauth2ClientCredential,
  type OAuth2ClientCredentialOptions,
} from './identity/oauth2-client-credential.ts'
export {
  oidcAccessToken,
  oidcClientCredentials,
  oidcPassword,
  type OidcAccessTokenOptions,
  type OidcOptions,
  type OidcPasswordOptions,
} from './identity/oidc.ts'
export type { OidcProviderOptions } from './identity/oidc-provider.ts'
export {
  password,
  passwordMethod,
  type PasswordMethodOptions,
  type PasswordOptions,
} from './identity/password.ts'
export type { ScopeOptions } from './identity/scope.ts'
export { token, tokenMethod, type TokenMethodOptions, type TokenOptions } from './identity/token.ts'
export { totp, totpMethod, type TotpMethodOptions, type TotpOptions } from './identity/totp.ts'
export type { UserOptions } from './identity/user.ts'
export { MissingAuthMethods } from './missing-auth-methods.ts'
export { none } from './no-auth.ts'
export { loadAdapterFromConfOptions, registerAdapterConfOptions } from './loading/adapter.ts'
export {
  authSectionOf,
  loadAuthFromConfOptions,
  registerAuthConfOptions,
  registerAuthPluginConfOptions,
} from './loading/auth.ts'
export { authTypes, type AuthType, type OwnLoginOptions } from './loading/auth-types.ts'
export type { AuthValues, Faults } from './loading/auth-rules.ts'
export type { DeprecatedOpts } from './loading/deprecated-opts.ts'
export { CloudRegion } from './loading/clouds/cloud-region.ts'
export type { Surroundings } from './loading/clouds/config-files.ts'
export { environmentName } from './loading/clouds/environment.ts'
export { loadCloud, type LoadCloudOptions } from './loading/clouds/load-cloud.ts'
export type { Setting, Settings } from './loading/clouds/settings.ts'
export {
  loadServiceUser,
  registerServiceUserConfOptions,
  serviceUserAuth,
  type ServiceUserSection,
} from './loading/service-user.ts'
export { loadSessionFromConfOptions, registerSessionConfOptions } from './loading/session.ts'
export { openTelemetryHooks, type OpenTelemetryApi } from './open-telemetry.ts'
export {
  authTokenHeader,
  serviceTokenHeader,
  subjectTokenHeader,
  type AuthPlugin,
  type Refusal,
} from './plugin.ts'
export type { PluginRequest, PluginSession } from './plugin-session.ts'
export { RateLimit, type RateLimitOptions } from './rate-limit.ts'
export { isSecretHeader, redactHeaders } from './redaction.ts'
export type { RequestOptions } from './request-options.ts'
export { retryAfterOf, type Response } from './response.ts'
export { Session, type SessionOptions } from './session.ts'
export type { SessionLogger } from './watched-send.ts'
export type { Timing } from './timings.ts'
export type { VersionFilter, VersionNumber } from './version-range.ts'
export { serviceTokenAuth, type ServiceTokenAuthOptions } from './service-token.ts'
export type { AccessRule, CatalogEndpoint, CatalogEntry, DomainReference, TokenData } from './token-data.ts'
