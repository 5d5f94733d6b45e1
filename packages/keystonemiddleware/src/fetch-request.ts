import type { AdapterOptions } from './adapter-options.ts'
import type { AuthToken } from './auth-token.ts'
import { isIdentityHeader } from './forged-headers.ts'
import { tokenHeaders } from './headers.ts'
import { unauthenticatedRequest } from './keystone-request.ts'
import type { Rejected, RequestHeaders, Verdict } from './verdict.ts'

/** A request of the Fetch standard on its way through auth_token. */
export interface FetchPassage {
  /** Without forged headers; another object than the one that came where that one cannot be changed. */
  request: Request
  verdict: Verdict
}

/** What the adapters of servers on the Fetch standard do with a request before its verdict is followed. */
export async function judgeFetchRequest<Context>(
  authToken: AuthToken,
  came: Request,
  context: Context,
  options: AdapterOptions<Context>,
): Promise<FetchPassage> {
  const request = withoutForgedHeaders(came)
  if (options.exempt?.(context)) {
    return { request, verdict: { kind: 'accepted', keystone: unauthenticatedRequest('request_exempt') } }
  }
  const verdict = await authToken.authenticate({
    method: request.method,
    path: new URL(request.url).pathname,
    headers: tokenHeadersOf(request.headers),
    requestId: options.requestId?.(context),
  })
  if (verdict.kind === 'rejected' || !options.setHeaders) return { request, verdict }
  const headers = Object.entries(verdict.keystone.headers()).map(
    ([name, value]) => [name, asBytes(value)] as const,
  )
  const change = (of: Headers) => headers.forEach(([name, value]) => of.set(name, value))
  return { request: withHeaders(request, change), verdict }
}

/** The answer to a rejected request. */
export function responseOf({ status, headers, body }: Rejected): Response {
  return new Response(body, { status, headers })
}

/** Whether a 401 of the application still has to tell where to log in. */
export function lacksChallenge(response: Response): boolean {
  return response.status === 401 && !response.headers.has('WWW-Authenticate')
}

/** As other adapters put it on the wire: names of users are not always Latin. */
function asBytes(value: string): string {
  return Buffer.from(value).toString('latin1')
}

function withoutForgedHeaders(request: Request): Request {
  const forged = [...request.headers.keys()].filter(isIdentityHeader)
  if (forged.length === 0) return request
  return withHeaders(request, (headers) => forged.forEach((name) => headers.delete(name)))
}

// Some servers give requests whose headers refuse every change.
function withHeaders(request: Request, change: (headers: Headers) => void): Request {
  try {
    change(request.headers)
    return request
  } catch {
    const headers = new Headers(request.headers)
    change(headers)
    return new Request(request, { headers })
  }
}

function tokenHeadersOf(headers: Headers): RequestHeaders {
  const names = Object.values(tokenHeaders)
  return Object.fromEntries(names.map((name) => [name, headers.get(name) ?? undefined]))
}
