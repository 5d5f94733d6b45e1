import { randomBytes } from 'node:crypto'
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http'
import type { TokenData } from '../token-data.ts'
import { identityError, reply } from './answers.ts'
import { fail, type Failure } from './failure.ts'
import { Receipts } from './receipts.ts'
import { tokenData, type TokenDataSettings } from './token-data.ts'

/** A request that a fake Keystone received. */
export interface Call {
  method: string
  /** With its query. */
  path: string
  /** The raw X-Subject-Token. */
  subject: string | undefined
  headers: IncomingMessage['headers']
  /** Parsed JSON; undefined without a body. */
  body: unknown
}

export interface FakeKeystoneOptions {
  now?: () => Date
  /** Seconds after its expiry in which a token is still accepted with allow_expired; default 172 800. */
  allowExpiredWindow?: number
  /** Data of the tokens that a login gives. */
  login?: TokenDataSettings
  /** Sets of methods, one of which a login has to show; what is missing is asked for with a receipt. */
  requiredMethods?: readonly (readonly string[])[]
  /** The document at the root instead of the one that names `url`. */
  versions?: unknown
}

/** A Keystone on loopback for tests of clients and middleware: tokens by hand, a clock by hand, failures on demand. */
export class FakeKeystone {
  readonly calls: Call[] = []
  /** Next answers to validations; undefined: as they should be. */
  failure: Failure | undefined
  /** Next answers to logins. */
  loginFailure: Failure | undefined
  readonly #options: FakeKeystoneOptions
  readonly #tokens = new Map<string, TokenData>()
  readonly #revoked = new Set<string>()
  readonly #receipts: Receipts
  readonly #server: Server

  private constructor(options: FakeKeystoneOptions) {
    this.#options = options
    this.#receipts = new Receipts(options.requiredMethods ?? [])
    this.#server = createServer((request, response) => {
      // The client went away, or sent what no client of ours sends.
      this.#receive(request, response).catch(() => response.destroy())
    })
  }

  static async start(options: FakeKeystoneOptions = {}): Promise<FakeKeystone> {
    const keystone = new FakeKeystone(options)
    await new Promise<void>((resolve) => keystone.#server.listen(0, '127.0.0.1', resolve))
    return keystone
  }

  /** The URL without a version, for `auth_url`s that need discovery. */
  get rootUrl(): string {
    const address = this.#server.address()
    if (address === null || typeof address === 'string') throw new Error('not listening')
    return `http://127.0.0.1:${address.port}`
  }

  /** The `/v3` URL. */
  get url(): string {
    return `${this.rootUrl}/v3`
  }

  /** Makes a token known. */
  issue(
    settings: TokenDataSettings = {},
    token: string = randomBytes(24).toString('base64url'),
  ): { token: string; data: TokenData } {
    const data = tokenData({ issuedAt: this.#now(), ...settings })
    this.#tokens.set(token, data)
    return { token, data }
  }

  revoke(token: string): void {
    this.#revoked.add(token)
  }

  /** Validations received, optionally of one token. */
  validations(token?: string): Call[] {
    return this.calls.filter(
      (call) =>
        call.method === 'GET' &&
        call.subject !== undefined &&
        (token === undefined || call.subject === token),
    )
  }

  /** Logins received, refused ones included. */
  get logins(): number {
    return this.calls.filter((call) => call.method === 'POST').length
  }

  async close(): Promise<void> {
    this.#server.closeAllConnections()
    await new Promise((resolve) => this.#server.close(resolve))
  }

  #now(): Date {
    return this.#options.now?.() ?? new Date()
  }

  async #receive(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const method = request.method ?? ''
    const path = request.url ?? ''
    const subject = request.headers['x-subject-token']?.toString()
    const call: Call = { method, path, subject, headers: request.headers, body: undefined }
    this.calls.push(call)
    const chunks: Buffer[] = []
    for await (const chunk of request) chunks.push(chunk as Buffer)
    if (chunks.length > 0) call.body = JSON.parse(Buffer.concat(chunks).toString())
    if (/^\/v3\/OS-FEDERATION\/.+\/auth$/.test(path)) return this.#federatedLogin(response)
    if (!path.startsWith('/v3/auth/tokens')) return this.#discover(path, response)
    if (method === 'POST') return this.#login(call, response)
    this.#aboutToken(call, response)
  }

  #discover(path: string, response: ServerResponse): void {
    const version = { id: 'v3.14', status: 'stable', links: [{ rel: 'self', href: `${this.url}/` }] }
    if (/^\/v3\/?$/.test(path)) return reply(response, 200, { version })
    reply(response, 300, this.#options.versions ?? { versions: { values: [version] } })
  }

  #login(call: Call, response: ServerResponse): void {
    if (this.#fails('loginFailure', response)) return
    const { auth } = (call.body ?? {}) as { auth?: { identity?: { methods?: string[] } } }
    const shown = call.headers['openstack-auth-receipt']?.toString()
    const lacking = this.#receipts.judge(auth?.identity?.methods ?? [], shown, this.#now())
    if (lacking) return reply(response, 401, lacking.body, { 'Openstack-Auth-Receipt': lacking.receipt })
    const { token, data } = this.issue({
      userName: 'middleware',
      projectName: 'service',
      roleNames: ['service'],
      catalog: [this.#identityEntry()],
      ...this.#options.login,
      ...this.#exchanged(call),
    })
    const bare = call.path.includes('nocatalog') ? withoutCatalog(data) : data
    reply(response, 201, { token: bare }, { 'X-Subject-Token': token })
  }

  /** An unscoped token, as Keystone gives one for the assertion of an identity provider. */
  #federatedLogin(response: ServerResponse): void {
    if (this.#fails('loginFailure', response)) return
    const { token, data } = this.issue({ userName: 'federated', methods: ['mapped'], ...this.#options.login })
    const { project: _, roles: __, ...unscoped } = withoutCatalog(data)
    reply(response, 201, { token: unscoped }, { 'X-Subject-Token': token })
  }

  /** A token got for a token ends when that one does. */
  #exchanged(call: Call): Partial<TokenData> {
    const { auth } = (call.body ?? {}) as { auth?: { identity: { token?: { id: string } } } }
    const origin = this.#tokens.get(auth?.identity.token?.id ?? '')
    return origin
      ? { expires_at: origin.expires_at, user: origin.user, methods: ['token', ...origin.methods] }
      : {}
  }

  #identityEntry() {
    const endpoints = ['public', 'internal', 'admin'].map((side) => ({
      interface: side,
      region_id: 'RegionOne',
      region: 'RegionOne',
      url: this.url,
    }))
    return { type: 'identity', name: 'keystone', endpoints }
  }

  /** GET, HEAD and DELETE of `/v3/auth/tokens`. */
  #aboutToken({ method, path, subject, headers }: Call, response: ServerResponse): void {
    if (this.#fails('failure', response)) return
    const now = this.#now()
    if (!this.#valid(headers['x-auth-token']?.toString(), now, 0))
      return reply(response, 401, identityError(401, 'The request you have made requires authentication.'))
    const query = new URLSearchParams(path.split('?')[1] ?? '')
    const window = query.get('allow_expired') === '1' ? (this.#options.allowExpiredWindow ?? 172_800) : 0
    const data = this.#valid(subject, now, window)
    if (!data) return reply(response, 404, identityError(404, 'Could not find token.'))
    if (method === 'DELETE') {
      this.revoke(subject!)
      return reply(response, 204, undefined)
    }
    const token = query.has('nocatalog') || data.catalog === undefined ? withoutCatalog(data) : data
    reply(response, 200, { token }, { 'X-Subject-Token': subject! })
  }

  #valid(token: string | undefined, now: Date, window: number): TokenData | undefined {
    const data = token === undefined || this.#revoked.has(token) ? undefined : this.#tokens.get(token)
    return data && now.getTime() < Date.parse(data.expires_at) + window * 1000 ? data : undefined
  }

  #fails(which: 'failure' | 'loginFailure', response: ServerResponse): boolean {
    const failure = this[which]
    if (!failure) return false
    if (failure.times !== undefined) {
      const times = failure.times - 1
      this[which] = times > 0 ? { ...failure, times } : undefined
    }
    fail(failure, response)
    return true
  }
}

function withoutCatalog(data: TokenData): TokenData {
  const { catalog: _, ...bare } = data
  return bare
}

/** Starts a {@link FakeKeystone}. */
export function fakeKeystone(options: FakeKeystoneOptions = {}): Promise<FakeKeystone> {
  return FakeKeystone.start(options)
}
