import type { BodySource } from './body.ts'
import type { EndpointFilter } from './catalog.ts'
import type { RequestPurpose } from './hooks.ts'
import type { AuthPlugin } from './plugin.ts'
import type { RateLimit } from './rate-limit.ts'

/** What a request may say beside its URL. */
export interface RequestOptions {
  /** Default GET. */
  method?: string
  /** Win over the defaults; credentials win over them. */
  headers?: Record<string, string>
  /** Sent as JSON. */
  json?: unknown
  body?: BodySource
  query?: Record<string, string | number | boolean | undefined>
  /** Instead of the session's plugin. */
  auth?: AuthPlugin
  /** Default: whether there is a plugin. */
  authenticated?: boolean
  /** For a relative URL: where in the catalog. */
  endpointFilter?: EndpointFilter
  /** For a relative URL: instead of the catalog; `%(project_id)s` and `%(user_id)s` are filled in. */
  endpointOverride?: string
  /** `2.79` or `latest`; needs a service type in `endpointFilter`. */
  microversion?: string
  /** Default true: a status of 400 or more is thrown as an HttpError. */
  raiseExc?: boolean
  /** Default true: a 401 may lead to a new login and one more sending. */
  allowReauth?: boolean
  /** Default: the session's. */
  connectRetries?: number
  /** Seconds between tries; default half a second, doubling, at most 60. */
  connectRetryDelay?: number
  /** Default 0. */
  statusCodeRetries?: number
  /** Seconds between tries; default half a second, doubling, at most 60. A longer Retry-After wins. */
  statusCodeRetryDelay?: number
  /** Default [503]. */
  retriableStatusCodes?: readonly number[]
  /** Seconds to wait for the next byte of the answer; default: the session's. */
  timeout?: number
  signal?: AbortSignal
  /** Sent as X-Openstack-Request-Id, so that all services log one id for the user's request. */
  globalRequestId?: string
  /** Redirects to follow within the origin; default 30. */
  redirects?: number
  /** The body of a 2xx answer is a stream for the caller. */
  stream?: boolean
  /** Instead of the session's application name in User-Agent. */
  userAgent?: string
  /**
   * Whether doing it twice does no harm; default: by the method. Such a request is sent once more when a connection that
   * was kept from earlier turns out to be closed.
   */
  idempotent?: boolean
  /** For metrics and spans, when it is not for the caller itself. */
  purpose?: RequestPurpose
  /** How many requests at once and how far apart; default: the session's. */
  rateLimit?: RateLimit
  /** Values in the body that no error may repeat. */
  secrets?: readonly string[]
}
