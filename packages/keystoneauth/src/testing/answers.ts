import type { ServerResponse } from 'node:http'

/** The error body of the Identity API. */
export function identityError(code: number, message: string): unknown {
  return { error: { code, title: 'Error', message } }
}

/** Answers with JSON; without a body for `undefined`. */
export function reply(
  response: ServerResponse,
  status: number,
  body: unknown,
  headers: Record<string, string> = {},
): void {
  const text = body === undefined ? '' : JSON.stringify(body)
  const type = body === undefined ? {} : { 'Content-Type': 'application/json' }
  response.writeHead(status, { ...type, 'Content-Length': Buffer.byteLength(text), ...headers }).end(text)
}
