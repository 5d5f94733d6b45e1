import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'

/** A request that a fake service received. */
export interface Seen {
  method: string
  /** With its query. */
  path: string
  headers: IncomingMessage['headers']
  /** Names and values as they came, one after the other. */
  rawHeaders: readonly string[]
  body: string
}

/** A status, or all of an answer; `undefined` leaves the request without one. */
export type Answer = number | { status: number; headers?: Record<string, string>; body?: string } | undefined

export interface FakeService {
  url: string
  seen: Seen[]
  close(): Promise<void>
}

/**
 * A service on loopback that says what a test tells it to.
 *
 * @param answer called with each whole request and how many there have been
 */
export async function fakeService(answer: (request: Seen, count: number) => Answer): Promise<FakeService> {
  const seen: Seen[] = []
  const receive = async (request: IncomingMessage, response: ServerResponse) => {
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    const { method = '', url: path = '', headers, rawHeaders } = request
    const call = { method, path, headers, rawHeaders, body: Buffer.concat(chunks).toString() }
    const told = answer(call, seen.push(call))
    if (told === undefined) return
    const { status, headers: sent, body } = typeof told === 'number' ? { status: told } : { ...told }
    response.writeHead(status, sent ?? {}).end(status === 204 ? undefined : (body ?? '{}'))
  }
  // A client that goes away in the middle is nothing to report.
  const server = createServer((request, response) => void receive(request, response).catch(() => undefined))
  // A thousand callers may come at once.
  const backlog = 2048
  await new Promise<void>((resolve) => server.listen({ port: 0, host: '127.0.0.1', backlog }, resolve))
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  return {
    url: `http://127.0.0.1:${address.port}`,
    seen,
    async close() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}
