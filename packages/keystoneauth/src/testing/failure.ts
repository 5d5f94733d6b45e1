import type { ServerResponse } from 'node:http'
import { identityError, reply } from './answers.ts'

/** How a fake Keystone misbehaves; with `times`, for that many answers only. */
export type Failure = { times?: number } & (
  | { kind: 'status'; status: number; headers?: Record<string, string> }
  /** Never answers. */
  | { kind: 'hang' }
  /** 200 with a body that is no JSON. */
  | { kind: 'broken-json' }
  /** Breaks the connection. */
  | { kind: 'down' }
)

/** Answers as the failure says. */
export function fail(failure: Failure, response: ServerResponse): void {
  if (failure.kind === 'status') {
    reply(response, failure.status, identityError(failure.status, 'failure on demand'), failure.headers)
  } else if (failure.kind === 'broken-json') {
    response.writeHead(200, { 'Content-Type': 'application/json' }).end('{"token": ')
  } else if (failure.kind === 'down') {
    response.destroy()
  }
}
