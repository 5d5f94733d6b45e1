/** Base of everything this package throws on purpose. `code` is stable; `message` is for people. */
export class ClientException extends Error {
  readonly code: string

  constructor(code: string, message: string, options?: ErrorOptions) {
    super(message, options)
    this.name = new.target.name
    this.code = code
  }
}

/** No answer came: the connection could not be made or broke. Safe to try again when the request is. */
export class ConnectFailure extends ClientException {
  /** The connection had served other requests: the server may have closed it before it saw this one. */
  readonly keptConnection: boolean

  constructor(
    message: string,
    options: ErrorOptions & { code?: 'keystone_unavailable'; keptConnection?: boolean } = {},
  ) {
    super(options.code ?? 'connect_failure', message, options)
    this.keptConnection = options.keptConnection ?? false
  }
}
/** Keystone has failed several times just now and is left alone for a moment; `cause` is the last failure. */
export class KeystoneUnavailable extends ConnectFailure {
  /** Seconds until it is asked again. */
  readonly retryAfter: number

  constructor(retryAfter: number, cause: unknown) {
    super('Keystone does not answer', { code: 'keystone_unavailable', cause })
    this.retryAfter = retryAfter
  }
}
/** No answer came in time. */
export class ConnectTimeout extends ClientException {
  constructor(message: string, options?: ErrorOptions) {
    super('connect_timeout', message, options)
  }
}
/** The other side's certificate was not accepted; trying again does not help. */
export class SSLError extends ClientException {
  constructor(message: string, options?: ErrorOptions) {
    super('ssl_error', message, options)
  }
}
export class MissingAuthPlugin extends ClientException {
  constructor(message = 'an authenticated request needs an auth plugin') {
    super('missing_auth_plugin', message)
  }
}
/** The plugin has no token to give, or its options contradict each other. */
export class AuthorizationFailure extends ClientException {
  constructor(message: string, options?: ErrorOptions) {
    super('authorization_failure', message, options)
  }
}
export class EndpointNotFound extends ClientException {
  constructor(message: string, code: 'endpoint_not_found' | 'version_not_available' = 'endpoint_not_found') {
    super(code, message)
  }
}
/** The service has an endpoint, but not of the version that is asked for. */
export class VersionNotAvailable extends EndpointNotFound {
  constructor(message: string) {
    super(message, 'version_not_available')
  }
}
export class EmptyCatalog extends ClientException {
  constructor(message = 'the token has no service catalog') {
    super('empty_catalog', message)
  }
}
/** A service did not say which versions it has, or has none that fits (`identity_v3_missing`). */
export class DiscoveryFailure extends ClientException {
  constructor(message: string, options?: ErrorOptions & { code?: 'identity_v3_missing' }) {
    super(options?.code ?? 'discovery_failure', message, options)
  }
}
/** The other side answered, but not what the API says. */
export class InvalidResponse extends ClientException {
  constructor(message: string) {
    super('invalid_response', message)
  }
}
/** The request's own body could not be read to its end; nothing is wrong with the other side. */
export class BodyFailure extends ClientException {
  constructor(message: string, options?: ErrorOptions) {
    super('body_failure', message, options)
  }
}
/** A redirect would have carried a token to another origin; it was not followed. */
export class RedirectRefused extends ClientException {
  constructor(message: string) {
    super('redirect_refused', message)
  }
}
/** An option, or several together, that cannot be. */
export class OptionError extends ClientException {
  constructor(message: string, options: ErrorOptions & { code?: 'no_matching_plugin' } = {}) {
    super(options.code ?? 'option_error', message, options)
  }
}
/** There is no such `auth_type`. */
export class NoMatchingPlugin extends OptionError {
  constructor(message: string) {
    super(message, { code: 'no_matching_plugin' })
  }
}
/** What is told of options beside those that are missing. */
export interface OptionFaults {
  /** Every place where an option was looked for, by its name. */
  lookedFor: ReadonlyMap<string, readonly string[]>
  /** Sentences on values that are wrong or contradict each other. */
  wrong: readonly string[]
}

/** Options that have to be set and are not; `missing` names them all, the message tells where each was looked for. */
export class MissingRequiredOptions extends ClientException {
  readonly missing: readonly string[]
  readonly lookedFor: ReadonlyMap<string, readonly string[]>
  readonly wrong: readonly string[]

  constructor(missing: readonly string[], place: string, { lookedFor, wrong }: OptionFaults) {
    const lines = [
      `${place}: missing required options: ${missing.join(', ')}`,
      ...[...lookedFor].map(([name, places]) => `${name} was looked for as ${places.join(', ')}`),
      ...wrong,
    ]
    super('missing_required_options', lines.join('\n  '))
    this.missing = missing
    this.lookedFor = lookedFor
    this.wrong = wrong
  }
}

/** What an HTTP error carries. */
export interface HttpErrorDetails {
  status: number
  method: string
  url: string
  message: string
  details?: string
  requestId?: string
  /** Seconds; 0 when the answer did not say. */
  retryAfter: number
  /** Secrets are digests already. */
  headers: Readonly<Record<string, string>>
  body: string
}

/** An answer of 400 or more. `message` and `details` are the service's words; they hold nothing secret that was sent. */
export class HttpError extends ClientException {
  readonly status: number
  readonly method: string
  readonly url: string
  readonly details: string | undefined
  readonly requestId: string | undefined
  readonly retryAfter: number
  readonly headers: Readonly<Record<string, string>>
  readonly #body: string

  constructor(answer: HttpErrorDetails) {
    super(`http_${answer.status}`, answer.message)
    this.status = answer.status
    this.method = answer.method
    this.url = answer.url
    this.details = answer.details
    this.requestId = answer.requestId
    this.retryAfter = answer.retryAfter
    this.headers = answer.headers
    this.#body = answer.body
  }

  /** The answer's text, for programs; not a property, so that a logger does not write it. */
  get body(): string {
    return this.#body
  }
}

/** 400 to 499: the request is at fault, or the moment (408, 429). */
export class HttpClientError extends HttpError {}
/** 500 and above: the server is at fault. */
export class HttpServerError extends HttpError {}

// One class for each status, by keystoneauth1's names.
export class BadRequest extends HttpClientError {}
export class Unauthorized extends HttpClientError {}
export class PaymentRequired extends HttpClientError {}
export class Forbidden extends HttpClientError {}
export class NotFound extends HttpClientError {}
export class MethodNotAllowed extends HttpClientError {}
export class NotAcceptable extends HttpClientError {}
export class ProxyAuthenticationRequired extends HttpClientError {}
export class RequestTimeout extends HttpClientError {}
export class Conflict extends HttpClientError {}
export class Gone extends HttpClientError {}
export class LengthRequired extends HttpClientError {}
export class PreconditionFailed extends HttpClientError {}
export class RequestEntityTooLarge extends HttpClientError {}
export class RequestUriTooLong extends HttpClientError {}
export class UnsupportedMediaType extends HttpClientError {}
export class RequestedRangeNotSatisfiable extends HttpClientError {}
export class ExpectationFailed extends HttpClientError {}
export class UnprocessableEntity extends HttpClientError {}
export class TooManyRequests extends HttpClientError {}
export class InternalServerError extends HttpServerError {}
export class HttpNotImplemented extends HttpServerError {}
export class BadGateway extends HttpServerError {}
export class ServiceUnavailable extends HttpServerError {}
export class GatewayTimeout extends HttpServerError {}
export class HttpVersionNotSupported extends HttpServerError {}

const classes: Readonly<Record<number, new (answer: HttpErrorDetails) => HttpError>> = {
  400: BadRequest,
  401: Unauthorized,
  402: PaymentRequired,
  403: Forbidden,
  404: NotFound,
  405: MethodNotAllowed,
  406: NotAcceptable,
  407: ProxyAuthenticationRequired,
  408: RequestTimeout,
  409: Conflict,
  410: Gone,
  411: LengthRequired,
  412: PreconditionFailed,
  413: RequestEntityTooLarge,
  414: RequestUriTooLong,
  415: UnsupportedMediaType,
  416: RequestedRangeNotSatisfiable,
  417: ExpectationFailed,
  422: UnprocessableEntity,
  429: TooManyRequests,
  500: InternalServerError,
  501: HttpNotImplemented,
  502: BadGateway,
  503: ServiceUnavailable,
  504: GatewayTimeout,
  505: HttpVersionNotSupported,
}

/** The error of the class that belongs to the status; of the general class for one without its own. */
export function httpError(answer: HttpErrorDetails): HttpError {
  const general = answer.status < 500 ? HttpClientError : HttpServerError
  return new (classes[answer.status] ?? general)(answer)
}

const retriableStatuses = new Set([408, 429, 500, 502, 503, 504])

/**
 * Whether the same work may succeed later: no answer, or an answer that blames the moment. A refusal (401, 403, 404,
 * 409 …) is final.
 */
export function isRetriable(error: unknown): boolean {
  if (error instanceof HttpError) return retriableStatuses.has(error.status)
  if (error instanceof DiscoveryFailure) return isRetriable(error.cause)
  return error instanceof ConnectFailure || error instanceof ConnectTimeout
}
