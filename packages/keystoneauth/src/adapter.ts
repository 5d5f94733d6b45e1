import type { EndpointFilter } from './catalog.ts'
import type { ApiVersion } from './discovery.ts'
import type { EndpointData } from './endpoint-data.ts'
import type { AuthPlugin } from './plugin.ts'
import type { RateLimit } from './rate-limit.ts'
import type { RequestOptions } from './request-options.ts'
import type { Response } from './response.ts'
import { negotiated } from './microversion.ts'
import type { Session } from './session.ts'
import { splitAtVersion, type VersionFilter, type VersionNumber } from './version-range.ts'

export interface AdapterOptions extends VersionFilter {
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
  /** Instead of the session's. */
  rateLimit?: RateLimit
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
    const { session, serviceType, serviceName, regionName, validInterfaces, ...others } = options
    const { version, minVersion, maxVersion, defaultMicroversion, ...rest } = others
    this.session = session
    this.#auth = options.auth ?? session.auth
    this.#filter = defined({
      serviceType,
      serviceName,
      interface: validInterfaces ?? options.interface,
      regionName,
      version,
      minVersion,
      maxVersion,
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

  /** The endpoint and what its service says of its version. @throws as {@link Session.getEndpointData} */
  getEndpointData(): Promise<EndpointData | undefined> {
    return this.session.getEndpointData(this.#defaults)
  }

  /** Every version of the service, oldest first; none when it does not say. @throws as {@link Session.getVersions} */
  getVersions(): Promise<readonly ApiVersion[]> {
    return this.session.getVersions(this.#defaults)
  }

  /** The version of the API at the endpoint: as its URL says, else as its service does. */
  async getApiVersion(): Promise<VersionNumber | undefined> {
    const endpoint = await this.getEndpoint()
    const said = endpoint === undefined ? undefined : splitAtVersion(endpoint).version
    if (said) return said
    const { version } = (await this.getEndpointData()) ?? {}
    return version && [version.major, version.minor]
  }

  /**
   * The highest microversion that the service and the caller both have, for `microversion` of a request.
   *
   * @param highest that the caller knows, such as `2.96`
   * @param lowest that will do; default: any
   * @returns undefined for a service without microversions
   * @throws VersionNotAvailable when there is none; OptionError for what is no microversion
   */
  async negotiateMicroversion(highest: string, lowest?: string): Promise<string | undefined> {
    return negotiated((await this.getEndpointData())?.version, highest, lowest)
  }

  async getToken(): Promise<string | undefined> {
    return this.#auth?.getToken(this.session)
  }

  /** As {@link Session.invalidate}. */
  invalidate(): boolean {
    return this.session.invalidate(this.#auth)
  }
}

function defined<T extends object>(options: T): T {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined)) as T
}
