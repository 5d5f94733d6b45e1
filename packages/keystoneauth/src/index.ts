export { AccessInfo } from './access.ts'
export { Adapter, type AdapterOptions } from './adapter.ts'
export type { BodySource } from './body.ts'
export { ServiceCatalog, type EndpointFilter } from './catalog.ts'
export { contextAuth, type ContextAuthOptions } from './context-auth.ts'
export * from './errors.ts'
export type { ApiVersion } from './discovery.ts'
export type { EndpointData } from './endpoint-data.ts'
export type { IdentityOptions } from './identity/login.ts'
export { password, type PasswordOptions } from './identity/password.ts'
export type { ScopeOptions } from './identity/scope.ts'
export { token, type TokenOptions } from './identity/token.ts'
export { loadAdapterFromConfOptions, registerAdapterConfOptions } from './loading/adapter.ts'
export {
  loadAuthFromConfOptions,
  registerAuthConfOptions,
  registerAuthPluginConfOptions,
} from './loading/auth.ts'
export {
  loadServiceUser,
  registerServiceUserConfOptions,
  serviceUserAuth,
  type ServiceUserSection,
} from './loading/service-user.ts'
export { loadSessionFromConfOptions, registerSessionConfOptions } from './loading/session.ts'
export {
  authTokenHeader,
  serviceTokenHeader,
  subjectTokenHeader,
  type AuthPlugin,
  type Refusal,
} from './plugin.ts'
export type { PluginRequest, PluginSession } from './plugin-session.ts'
export { redactHeaders, secretHeaders } from './redaction.ts'
export type { RequestOptions } from './request-options.ts'
export type { Response } from './response.ts'
export { Session, type SessionLogger, type SessionOptions } from './session.ts'
export { serviceTokenAuth, type ServiceTokenAuthOptions } from './service-token.ts'
export type { AccessRule, CatalogEndpoint, CatalogEntry, DomainReference, TokenData } from './token-data.ts'
