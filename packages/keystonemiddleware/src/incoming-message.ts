import type { IncomingMessage, ServerResponse } from 'node:http'
import type { AdapterOptions } from './adapter-options.ts'
import type { AuthToken } from './auth-token.ts'
import { stripForgedHeaders } from './forged-headers.ts'
import { unauthenticatedRequest } from './keystone-request.ts'
import type { Accepted, KeystoneRequest, Rejected, Verdict } from './verdict.ts'

/** The way of a request of node:http through auth_token: `request` is what the framework makes of `message`. */
export type IncomingJudge<Request> = (
  request: Request,
  message: IncomingMessage,
  path: string,
) => Verdict | Promise<Verdict>

/** What all adapters of servers on node:http do with a request before its verdict is followed. */
export function incomingJudge<Request>(
  authToken: AuthToken,
  options: AdapterOptions<Request>,
): IncomingJudge<Request> {
  const exempted: Accepted = { kind: 'accepted', keystone: unauthenticatedRequest('request_exempt') }
  const { exempt, requestId, setHeaders } = options
  return (request, message, path) => {
    stripForgedHeaders(message)
    if (exempt?.(request)) return exempted
    const verdict = authToken.authenticate({
      method: message.method ?? '',
      path,
      headers: message.headers,
      requestId: requestId?.(request),
    })
    if (!setHeaders) return verdict
    return verdict instanceof Promise
      ? verdict.then((later) => written(message, later))
      : written(message, verdict)
  }
}

/** Follows a verdict, at once when it is there: a warm request goes through without a promise. */
export function onVerdict(
  verdict: Verdict | Promise<Verdict>,
  follow: (verdict: Verdict) => void,
  failed: (error: unknown) => void,
): void {
  if (verdict instanceof Promise) verdict.then(follow).catch(failed)
  else follow(verdict)
}

/** Answers a rejected request. */
export function answerRejected(response: ServerResponse, { status, headers, body }: Rejected): void {
  response.writeHead(status, { ...headers, 'Content-Length': Buffer.byteLength(body) }).end(body)
}

/** Sees to it that a 401 of the application tells where to log in, whoever writes its head, unless it says so itself. */
export function challengeWhenUnauthorized(response: ServerResponse, challenge: string): void {
  const writeHead = response.writeHead.bind(response) as (...args: unknown[]) => ServerResponse
  response.writeHead = (status: number, ...rest: unknown[]) => {
    if (status === 401 && !response.hasHeader('WWW-Authenticate')) {
      response.setHeader('WWW-Authenticate', challenge)
    }
    return writeHead(status, ...rest)
  }
}

function written(message: IncomingMessage, verdict: Verdict): Verdict {
  if (verdict.kind === 'accepted') writeHeaders(message, verdict.keystone)
  return verdict
}

function writeHeaders(message: IncomingMessage, keystone: KeystoneRequest): void {
  for (const [name, value] of Object.entries(keystone.headers())) {
    message.headers[name.toLowerCase()] = value
    message.rawHeaders.push(name, value)
  }
}
