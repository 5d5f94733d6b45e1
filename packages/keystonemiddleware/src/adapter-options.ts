/** Settings that every adapter takes. */
export interface AdapterOptions<Request> {
  /** Requests that need no token, such as health checks and version documents. Default: none. */
  exempt?: (request: Request) => boolean
  /** Also write the identity headers into the request, for proxies. Default false. */
  setHeaders?: boolean
  /** What the log line of a refusal names a request by. Default: the framework's id, where it has one. */
  requestId?: (request: Request) => string | undefined
}
