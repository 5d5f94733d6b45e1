export {
  ApiError,
  badGateway,
  badRequest,
  conflict,
  forbidden,
  gone,
  internalError,
  notAcceptable,
  notFound,
  preconditionFailed,
  requestTooLarge,
  serviceUnavailable,
  unauthorized,
  unprocessable,
  unsupportedMediaType,
} from '../api-error.ts'
export type { ApiErrorOptions } from '../api-error.ts'
export { pathForLog } from './access-log.ts'
export { createApi, openPaths } from './create-api.ts'
export type { ApiApp, ApiOptions } from './create-api.ts'
export {
  computeErrorFormat,
  identityErrorFormat,
  imageErrorFormat,
  networkErrorFormat,
} from './error-formats.ts'
export type { ErrorFacts, ErrorFormat } from './error-formats.ts'
export { readJson } from './json-body.ts'
export { isLoopback, listen, PlainHttpError } from './listen.ts'
export type { ListenOptions } from './listen.ts'
export { compareMicroversions, microversionHeaders, negotiateMicroversion } from './microversions.ts'
export type { MicroversionRange } from './microversions.ts'
export { listenOptions, proxyOptions, sharedListenOptions } from './options.ts'
export { computePageLinks, identityPageLinks, imagePageLinks, nextPage, pageOf } from './paging.ts'
export type { Page, PageFacts } from './paging.ts'
export { boolean, booleanText, integer, text, uuid } from './parameter-types.ts'
export { parseBody } from './parse-body.ts'
export type { Origin } from './proxy-headers.ts'
export { globalRequestId, requestIds } from './request-ids.ts'
export { reload } from './reload.ts'
export type { ReloadOptions } from './reload.ts'
export { runServer } from './run-server.ts'
export type { ServerOptions, ServerProcess } from './run-server.ts'
export { assertRoom, leftOf, OverQuota, unlimited } from './quota.ts'
export type { Amounts, QuotaRoom, QuotaRooms, Quotas } from './quota.ts'
export { isServed, microversion, useMicroversions } from './use-microversions.ts'
export type { Microversion, MicroversionWindow } from './use-microversions.ts'
export { readTls } from './tls.ts'
export type { TlsMaterial } from './tls.ts'
