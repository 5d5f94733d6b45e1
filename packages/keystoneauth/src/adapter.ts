import type { EndpointFilter } from './catalog.ts'
import type { EndpointData } from './endpoint-data.ts'
import type { AuthPlugin } from './plugin.ts'
import type { RequestOptions } from './request-options.ts'
import type { Response } from './response.ts'
import type { Session } from './session.ts'

export interface AdapterOptions {
  session: Session
  /** Default: the session's plugin. */
  auth?: AuthPlugin
  serviceType?: string
  serviceName?: string
  /** One interface; `validInterfaces` wins. */
  interface?: string
  /** In order of preference; default `public`. */
  validInterfaces?: readonly string[]
  regionName?: string
  /** Instead of the catalog; `%(project_id)s` and `%(user_id)s` are filled in. */
  endpointOverride?: string
  defaultMicroversion?: string
  /** Default X-Openstack-Request-Id of every request. */
  globalRequestId?: string
  connectRetries?: number
  /** Seconds; default half a second, doubling. */
  connectRetryDelay?: number
  statusCodeRetries?: number
  /** Seconds; default half a second, doubling. */
  statusCodeRetryDelay?: number
  retriableStatusCodes?: readonly number[]
  /** Instead of the session's application name in User-Agent. */
  userAgent?: string
}

/** A session bound to one service: paths are relative to its endpoint. */
export class Adapter {
  readonly session: Session
  readonly #auth: AuthPlugin | undefined
  readonly #filter: EndpointFilter
  readonly #defaults: RequestOptions

  constructor(options: AdapterOptions) {
    const { session, serviceType, serviceName, regionName, validInterfaces, defaultMicroversion, ...rest } =
      options
    this.session = session
    this.#auth = options.auth ?? session.auth
    this.#filter = defined({
      serviceType,
      serviceName,
      interface: validInterfaces ?? options.interface,
      regionName,
    })
    const { interface: _, ...defaults } = rest
    this.#defaults = defined({
      ...defaults,
      auth: this.#auth,
      endpointFilter: this.#filter,
      microversion: defaultMicroversion,
    })
  }

  /** As {@link Session.request}; what the call gives wins over the adapter's defaults. */
  request(path: string, options: RequestOptions = {}): Promise<Response> {
    return this.session.request(path, { ...this.#defaults, ...defined(options) })
  }
  get(path: string, options: RequestOptions = {}): Promise<Response> {
    return this.request(path, { ...options, method: 'GET' })
  }
  head(path: string, options: RequestOptions = {}): Promise<Response> {
    return this.request(path, { ...options, method: 'HEAD' })
  }
  post(path: string, options: RequestOptions = {}): Promise<Response> {
    return this.request(path, { ...options, method: 'POST' })
  }
  put(path: string, options: RequestOptions = {}): Promise<Response> {
    return this.request(path, { ...options, method: 'PUT' })
  }
  patch(path: string, options: RequestOptions = {}): Promise<Response> {
    return this.request(path, { ...options, method: 'PATCH' })
  }
  delete(path: string, options: RequestOptions = {}): Promise<Response> {
    return this.request(path, { ...options, method: 'DELETE' })
  }

  /** The endpoint that paths are relative to; undefined without a plugin or an override. */
  getEndpoint(): Promise<string | undefined> {
    return this.session.getEndpoint(this.#defaults)
  }

  /** The endpoint in the catalog and what its service says of its version. */
  async getEndpointData(): Promise<EndpointData | undefined> {
    return this.#auth?.getEndpointData?.(this.session, this.#filter)
  }

  async getToken(): Promise<string | undefined> {
    return this.#auth?.getToken(this.session)
  }
}

function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}
