import { createHash } from 'node:crypto'
import { appendFileSync } from 'node:fs'
import { createServer, request, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import { globalRequestId } from '@longhaul/oslo/api'
import { validate } from './identity-client.ts'

export interface RequestLogOptions {
  /** Where clients find the service. */
  port: number
  /** Where the service listens. */
  target: number
  /** File that gets a line for each request, as our own services write them. */
  file: string
  tokens: KnownTokens
}

/** Stands before a service that is not ours, and logs what it is asked and answers. */
export class RequestLog {
  readonly #server: Server
  readonly #options: RequestLogOptions

  private constructor(options: RequestLogOptions) {
    this.#options = options
    this.#server = createServer((incoming, answer) => {
      this.#pass(incoming, answer).catch((error: unknown) => answer.destroy(error as Error))
    })
  }

  static async listen(options: RequestLogOptions): Promise<RequestLog> {
    const log = new RequestLog(options)
    await new Promise<void>((resolve) => log.#server.listen(options.port, '127.0.0.1', resolve))
    return log
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  async #pass(incoming: IncomingMessage, answer: ServerResponse): Promise<void> {
    const { tokens, target } = this.#options
    const [user, service] = await Promise.all([
      tokens.facts(incoming.headers['x-auth-token']),
      tokens.facts(incoming.headers['x-service-token']),
    ])
    const { method, url: path, rawHeaders: headers } = incoming
    const there = request({ host: '127.0.0.1', port: target, method, path, headers, agent: false })
    there.on('error', (error) => answer.destroy(error))
    there.on('response', (back) => {
      answer.writeHead(back.statusCode!, back.rawHeaders)
      back.pipe(answer)
      back.on('end', () => this.#write(incoming, back.statusCode!, user, service))
    })
    incoming.pipe(there)
  }

  #write(incoming: IncomingMessage, status: number, user?: TokenFacts, service?: TokenFacts): void {
    const line = {
      time: new Date().toISOString(),
      msg: 'request',
      method: incoming.method,
      path: incoming.url!.split('?', 1)[0],
      status,
      global_request_id: globalRequestId(incoming.headers),
      user_agent: incoming.headers['user-agent'],
      ...(status === 401 || !user ? {} : { user_token: { ...user, expired: hasExpired(user) } }),
      ...(service ? { service_token: { user: service.user } } : {}),
    }
    appendFileSync(this.#options.file, `${JSON.stringify(line)}\n`)
  }
}

interface TokenFacts {
  audit_id: string
  user: string
  issued_at: string
  expires_at: string
}

/** What a Keystone says of tokens, the expired ones included. */
export class KnownTokens {
  readonly #url: string
  readonly #by: string
  readonly #facts = new Map<string, Promise<TokenFacts | undefined>>()

  /** @param by token of an administrator */
  constructor(url: string, by: string) {
    this.#url = url
    this.#by = by
  }

  /** @returns undefined for no token, and for one that is none */
  async facts(token: string | string[] | undefined): Promise<TokenFacts | undefined> {
    if (typeof token !== 'string') return undefined
    const key = createHash('sha256').update(token).digest('hex')
    const known = this.#facts.get(key) ?? this.#ask(token)
    this.#facts.set(key, known)
    return await known
  }

  async #ask(token: string): Promise<TokenFacts | undefined> {
    const { token: found } = await validate(this.#url, this.#by, token, true)
    if (!found) return undefined
    const { audit_ids, user, issued_at, expires_at } = found as {
      audit_ids: string[]
      user: { name: string }
      issued_at: string
      expires_at: string
    }
    return { audit_id: audit_ids[0]!, user: user.name, issued_at, expires_at }
  }
}

function hasExpired({ expires_at }: TokenFacts): boolean {
  return Date.parse(expires_at) <= Date.now()
}
