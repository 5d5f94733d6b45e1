import { setTimeout as delay } from 'node:timers/promises'
import type { Dispatcher } from 'undici'
import { abortable } from './abort.ts'
import { isReplayable, type BodySource } from './body.ts'
import type { ApiVersion } from './discovery.ts'
import { allVersions, endpointData, type Asking, type EndpointData } from './endpoint-data.ts'
import { fillOverride } from './endpoint-override.ts'
import { AuthorizationFailure, ConnectFailure, EndpointNotFound, MissingAuthPlugin } from './errors.ts'
import { mergeHeaders, sameHeaders } from './headers.ts'
import type { RetryNotice, SentRequest, SessionHooks } from './hooks.ts'
import { microversionHeaders } from './microversion.ts'
import type { AuthPlugin } from './plugin.ts'
import type { RateLimit } from './rate-limit.ts'
import { secretsOf } from './redaction.ts'
import { nextHop } from './redirect.ts'
import type { RequestOptions } from './request-options.ts'
import { errorFrom, withoutSecrets, type Response } from './response.ts'
import { withRetries } from './retry.ts'
import { Timings, type Timing } from './timings.ts'
import { readTlsFiles, type TlsFiles } from './tls-files.ts'
import { createDispatcher, type TransportOptions } from './transport.ts'
import { userAgent } from './user-agent.ts'
import { watchedSend, type SessionLogger, type Watch } from './watched-send.ts'

export interface SessionOptions extends TlsFiles {
  auth?: AuthPlugin
  /** Seconds to connect, and to wait for the next byte of an answer, give or take one; default: for ever. */
  timeout?: number
  /** The application's name, first in User-Agent, such as `nova-compute`. */
  userAgent?: string
  /** Told of each sending at level debug, with a curl command; never of a secret. */
  logger?: SessionLogger
  /** For metrics and spans. */
  hooks?: SessionHooks
  /** How many requests at once and how far apart; default: no limit. */
  rateLimit?: RateLimit
  /** Whether `timings` are kept; default false. */
  collectTiming?: boolean
  /** Default of every request; 0. */
  connectRetries?: number
  now?: () => Date
  /** Waits between tries; replaced by tests. */
  sleep?: (milliseconds: number, signal?: AbortSignal) => Promise<void>
  /** Instead of an agent of the session's own. */
  dispatcher?: Dispatcher
}

/** One request, resolved; what is sent again is exactly this, with other credentials at most. */
interface Outgoing {
  method: string
  url: string
  headers: Record<string, string>
  body: BodySource | undefined
  options: RequestOptions
}

const defaultRedirects = 30

// RFC 9110, 9.2.2.
const idempotentMethods = new Set(['GET', 'HEAD', 'OPTIONS', 'PUT', 'DELETE', 'TRACE'])

/** Sends requests, authenticated by a plugin, through one pool of connections. */
export class Session {
  readonly auth: AuthPlugin | undefined
  readonly now: () => Date
  readonly #options: SessionOptions
  readonly #dispatcher: Dispatcher
  readonly #sleep: (milliseconds: number, signal?: AbortSignal) => Promise<void>
  readonly #watch: Watch

  /** @throws OptionError for a file of certificates that cannot be read */
  constructor(options: SessionOptions = {}) {
    this.auth = options.auth
    this.now = options.now ?? (() => new Date())
    this.#options = options
    this.#sleep = options.sleep ?? ((milliseconds, signal) => delay(milliseconds, undefined, { signal }))
    this.#dispatcher = options.dispatcher ?? createDispatcher(transportOf(options))
    const timings = options.collectTiming ? new Timings() : undefined
    this.#watch = { logger: options.logger, hooks: options.hooks, timings }
  }

  /**
   * Sends a request. A 401 to credentials that can be renewed is answered by a renewal and exactly one more sending; the
   * second answer is final.
   *
   * @param url absolute, or a path below the endpoint of `endpointFilter` / `endpointOverride`
   * @throws HttpError by status; ConnectFailure, ConnectTimeout, SSLError; EndpointNotFound, EmptyCatalog, OptionError;
   *   AuthorizationFailure, MissingAuthPlugin, RedirectRefused, BodyFailure; what the plugin's own login throws; the
   *   signal's reason
   */
  async request(url: string, options: RequestOptions = {}): Promise<Response> {
    const auth = options.auth ?? this.auth
    const authenticated = options.authenticated ?? auth !== undefined
    if (authenticated && !auth) throw new MissingAuthPlugin()
    const outgoing = await this.#prepare(url, options)
    let credentials = authenticated ? await this.#credentials(auth!, options.signal) : {}
    let response = await this.#transmit(outgoing, credentials)
    const mayRenew = authenticated && response.status === 401 && options.allowReauth !== false
    if (mayRenew && this.#refused(auth!, credentials, response) && isReplayable(outgoing.body)) {
      const renewed = await this.#credentials(auth!, options.signal)
      // The same credentials would get the same answer.
      if (!sameHeaders(renewed, credentials)) {
        credentials = renewed
        this.#tell(outgoing, outgoing.url, 'unauthorized', 0)
        response = await this.#transmit(outgoing, credentials)
      }
    }
    if (response.status < 400 || options.raiseExc === false) return response
    const secrets = [...secretsOf({ ...outgoing.headers, ...credentials }), ...(options.secrets ?? [])]
    throw await errorFrom(response, { method: outgoing.method, now: this.now(), secrets })
  }

  get(url: string, options: RequestOptions = {}): Promise<Response> {
    return this.request(url, { ...options, method: 'GET' })
  }
  head(url: string, options: RequestOptions = {}): Promise<Response> {
    return this.request(url, { ...options, method: 'HEAD' })
  }
  post(url: string, options: RequestOptions = {}): Promise<Response> {
    return this.request(url, { ...options, method: 'POST' })
  }
  put(url: string, options: RequestOptions = {}): Promise<Response> {
    return this.request(url, { ...options, method: 'PUT' })
  }
  patch(url: string, options: RequestOptions = {}): Promise<Response> {
    return this.request(url, { ...options, method: 'PATCH' })
  }
  delete(url: string, options: RequestOptions = {}): Promise<Response> {
    return this.request(url, { ...options, method: 'DELETE' })
  }

  /**
   * The endpoint that relative URLs are appended to; undefined when nothing says which.
   *
   * @throws EndpointNotFound, EmptyCatalog, OptionError; what the plugin's own login throws
   */
  async getEndpoint(options: RequestOptions = {}): Promise<string | undefined> {
    const auth = options.auth ?? this.auth
    if (options.endpointOverride) return fillOverride(options.endpointOverride, auth, this)
    return options.endpointFilter && auth?.getEndpoint(this, options.endpointFilter)
  }

  /**
   * The same endpoint with what its service says of its version; of an override too.
   *
   * @throws EndpointNotFound, VersionNotAvailable, EmptyCatalog, OptionError; what the plugin's own login throws
   */
  async getEndpointData(options: RequestOptions = {}): Promise<EndpointData | undefined> {
    const auth = options.auth ?? this.auth
    const filter = options.endpointFilter ?? {}
    if (!options.endpointOverride) return auth?.getEndpointData?.(this, filter)
    const asking = { ...(await this.#asking(auth)), filter }
    return endpointData(this, await fillOverride(options.endpointOverride, auth, this), asking)
  }

  /**
   * Every version that the service of the endpoint has, oldest first; none when it does not say.
   *
   * @throws as {@link Session.getEndpointData}
   */
  async getVersions(options: RequestOptions = {}): Promise<readonly ApiVersion[]> {
    const auth = options.auth ?? this.auth
    if (!options.endpointOverride)
      return (await auth?.getVersions?.(this, options.endpointFilter ?? {})) ?? []
    const url = await fillOverride(options.endpointOverride, auth, this)
    return allVersions(this, url, await this.#asking(auth))
  }

  async #asking(auth: AuthPlugin | undefined): Promise<Pick<Asking, 'headers' | 'projectId'>> {
    return { headers: (await auth?.getHeaders(this)) ?? {}, projectId: await auth?.getProjectId(this) }
  }

  /**
   * Drops what the plugin holds, so that its next use logs in anew.
   *
   * @param auth default: the session's own
   * @returns whether a new login may help
   */
  invalidate(auth = this.auth): boolean {
    return auth?.invalidate() ?? false
  }

  /** How long each of the last sendings took, the oldest first; with `collectTiming` only. */
  get timings(): readonly Timing[] {
    return this.#watch.timings?.list() ?? []
  }

  resetTimings(): void {
    this.#watch.timings?.reset()
  }

  /** Closes the connections; requests under way end first. */
  async close(): Promise<void> {
    await this.#dispatcher.close()
  }

  async #prepare(url: string, options: RequestOptions): Promise<Outgoing> {
    const { json, microversion, endpointFilter, globalRequestId } = options
    return {
      method: (options.method ?? 'GET').toUpperCase(),
      url: withQuery(await this.#absolute(url, options), options.query),
      headers: mergeHeaders(
        { 'User-Agent': userAgent(options.userAgent ?? this.#options.userAgent), Accept: 'application/json' },
        json === undefined ? undefined : { 'Content-Type': 'application/json' },
        microversion ? microversionHeaders(microversion, endpointFilter?.serviceType) : undefined,
        options.headers,
        globalRequestId ? { 'X-Openstack-Request-Id': globalRequestId } : undefined,
      ),
      body: json === undefined ? options.body : JSON.stringify(json),
      options,
    }
  }

  async #absolute(url: string, options: RequestOptions): Promise<string> {
    if (/^https?:\/\//i.test(url)) return url
    const base = await abortable(this.getEndpoint(options), options.signal)
    if (!base) throw new EndpointNotFound(`no endpoint for ${options.endpointFilter?.serviceType ?? url}`)
    return `${base.replace(/\/+$/, '')}/${url.replace(/^\/+/, '')}`
  }

  async #credentials(auth: AuthPlugin, signal: AbortSignal | undefined): Promise<Record<string, string>> {
    const headers = await abortable(auth.getHeaders(this), signal)
    if (!headers) throw new AuthorizationFailure('the auth plugin has no token to give')
    return headers
  }

  #refused(auth: AuthPlugin, headers: Record<string, string>, response: Response): boolean {
    const challenge = response.headers['www-authenticate']
    return auth.invalidate({ status: 401, headers, at: this.now(), ...(challenge ? { challenge } : {}) })
  }

  #transmit(outgoing: Outgoing, credentials: Record<string, string>): Promise<Response> {
    const { body, options } = outgoing
    const replayable = isReplayable(body)
    const milliseconds = (seconds: number | undefined) => seconds && seconds * 1000
    return withRetries(() => this.#follow(outgoing, mergeHeaders(outgoing.headers, credentials)), {
      connectRetries: replayable ? (options.connectRetries ?? this.#options.connectRetries ?? 0) : 0,
      connectDelay: milliseconds(options.connectRetryDelay),
      statusCodeRetries: replayable ? (options.statusCodeRetries ?? 0) : 0,
      statusCodeDelay: milliseconds(options.statusCodeRetryDelay),
      retriableStatusCodes: options.retriableStatusCodes ?? [503],
      now: this.now,
      sleep: (pause) => this.#sleep(pause, options.signal),
      onRetry: (reason, pause) => this.#tell(outgoing, outgoing.url, reason, pause / 1000),
    })
  }

  async #follow(outgoing: Outgoing, headers: Record<string, string>): Promise<Response> {
    let { url } = outgoing
    for (let left = outgoing.options.redirects ?? defaultRedirects; ; left--) {
      const response = await this.#send(outgoing, url, headers)
      const hop = left > 0 ? nextHop(response, url, isReplayable(outgoing.body)) : undefined
      if (hop === undefined) return response
      url = hop
    }
  }

  async #send(outgoing: Outgoing, url: string, headers: Record<string, string>): Promise<Response> {
    try {
      return await this.#sendOnce(outgoing, url, headers)
    } catch (error) {
      const { body, method, options } = outgoing
      const repeatable = (options.idempotent ?? idempotentMethods.has(method)) && isReplayable(body)
      if (!repeatable || !(error instanceof ConnectFailure) || !error.keptConnection) throw error
      this.#tell(outgoing, url, 'stale_connection', 0)
      return this.#sendOnce(outgoing, url, headers)
    }
  }

  #sendOnce(outgoing: Outgoing, url: string, headers: Record<string, string>): Promise<Response> {
    const { method, body, options } = outgoing
    const { signal, stream = false, timeout = this.#options.timeout } = options
    const sending = { method, url, headers, body, timeout, signal, stream }
    const work = () => watchedSend(this.#dispatcher, sending, shown(outgoing, url), this.#watch)
    const limit = options.rateLimit ?? this.#options.rateLimit
    return limit ? limit.run(work, { now: this.now, sleep: this.#sleep }, signal) : work()
  }

  #tell(outgoing: Outgoing, url: string, reason: RetryNotice['reason'], delay: number): void {
    this.#watch.hooks?.onRetry?.({ ...shown(outgoing, url), reason, delay })
  }
}

/** A request as hooks see it. */
function shown({ method, options }: Outgoing, url: string): SentRequest {
  const serviceType = options.endpointFilter?.serviceType
  const { purpose } = options
  return {
    method,
    url: withoutSecrets(url),
    ...(serviceType === undefined ? {} : { serviceType }),
    ...(purpose === undefined ? {} : { purpose }),
  }
}

function transportOf(options: SessionOptions): TransportOptions {
  const { timeout } = options
  return { ...readTlsFiles(options), ...(timeout === undefined ? {} : { timeout }) }
}

function withQuery(url: string, query: RequestOptions['query']): string {
  const parameters = new URLSearchParams()
  for (const [name, value] of Object.entries(query ?? {})) {
    if (value !== undefined) parameters.append(name, String(value))
  }
  if (parameters.size === 0) return url
  return `${url}${url.includes('?') ? '&' : '?'}${parameters.toString()}`
}
