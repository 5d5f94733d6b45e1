// Imported as a module it would load the whole of Node.js's fetch with it, in every process that starts.
const { STATUS_CODES } = process.getBuiltinModule('node:http')

/** The code of an error whose maker names none: one for each status. */
const defaultCodes: Record<number, string> = {
  400: 'bad_request',
  401: 'unauthorized',
  403: 'forbidden',
  404: 'not_found',
  405: 'method_not_allowed',
  406: 'not_acceptable',
  409: 'conflict',
  410: 'gone',
  412: 'precondition_failed',
  413: 'request_too_large',
  415: 'unsupported_media_type',
  422: 'unprocessable',
  429: 'too_many_requests',
  500: 'internal_error',
  501: 'unimplemented',
  502: 'bad_gateway',
  503: 'service_unavailable',
}

export interface ApiErrorOptions {
  /** Stable literal that names the error, default one for the status. */
  code?: string
  /** Default the reason phrase of the status. */
  title?: string
  /** For the log only; the client never sees it. */
  detail?: string
  /** Headers of the answer. */
  headers?: Record<string, string>
  /** Fields that stand beside code and message in the body, where the format has them. */
  extra?: Record<string, unknown>
  cause?: unknown
}

/** An answer that refuses a request. Thrown by rules and handlers; the service's error format makes its body. */
export class ApiError extends Error {
  override name = 'ApiError'
  readonly status: number
  readonly code: string
  readonly title: string
  readonly detail: string | undefined
  readonly headers: Record<string, string> | undefined
  readonly extra: Record<string, unknown> | undefined

  /** @param options.message one or more sentences for the client */
  constructor({ status, message, ...options }: { status: number; message: string } & ApiErrorOptions) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause })
    this.status = status
    this.code = options.code ?? defaultCodes[status] ?? 'error'
    this.title =
      options.title ?? (status === 413 ? 'Request Entity Too Large' : (STATUS_CODES[status] ?? 'Error'))
    this.detail = options.detail
    this.headers = options.headers
    this.extra = options.extra
  }
}

type Maker = (message: string, options?: ApiErrorOptions) => ApiError

const maker =
  (status: number): Maker =>
  (message, options = {}) =>
    new ApiError({ status, message, ...options })

/** 400: the request is malformed. */
export const badRequest = maker(400)
/** 401: it is not known who asks. */
export const unauthorized = maker(401)
/** 403: who asks may not. */
export const forbidden = maker(403)
/** 404: it does not exist, or the caller must not know that it does. */
export const notFound = maker(404)
/** 406: no acceptable version or format. */
export const notAcceptable = maker(406)
/** 409: the present state does not allow it. */
export const conflict = maker(409)
/** 410: it existed and is gone for good. */
export const gone = maker(410)
/** 412: a condition of the request does not hold. */
export const preconditionFailed = maker(412)
/** 413: too large, or over a quota. */
export const requestTooLarge = maker(413)
/** 415: the body has a type that is not understood. */
export const unsupportedMediaType = maker(415)
/** 422: well formed and still impossible. */
export const unprocessable = maker(422)
/** 500: our fault. */
export const internalError = maker(500)
/** 502: another service answered badly. */
export const badGateway = maker(502)

/** 503: try again later. @param retryAfter seconds, for the header of that name */
export function serviceUnavailable(
  message: string,
  { retryAfter, ...options }: ApiErrorOptions & { retryAfter?: number } = {},
): ApiError {
  const headers =
    retryAfter === undefined ? options.headers : { ...options.headers, 'retry-after': String(retryAfter) }
  return new ApiError({ status: 503, message, ...options, ...(headers ? { headers } : {}) })
}
