import { homedir } from 'node:os'
import { join } from 'node:path'
import { Adapter, type AdapterOptions } from '../../adapter.ts'
import type { AuthPlugin } from '../../plugin.ts'
import { RateLimit } from '../../rate-limit.ts'
import { officialType } from '../../service-types.ts'
import { Session, type SessionOptions } from '../../session.ts'
import { impliedMicroversion, limitValue, serviceValue, sessionValue } from './cloud-options.ts'
import { isSettings, textOf, type Settings } from './settings.ts'

/** One region of a cloud, as clouds.yaml or the environment describes it. */
export class CloudRegion {
  readonly name: string
  readonly regionName: string | undefined
  readonly auth: AuthPlugin
  readonly #settings: Settings
  readonly #limits = new Map<string, RateLimit>()

  constructor(name: string, settings: Settings, auth: AuthPlugin) {
    this.name = name
    this.regionName = textOf(settings, 'region_name')
    this.auth = auth
    this.#settings = settings
  }

  /**
   * A session that logs in to the cloud, by its certificates and its timeout.
   *
   * @param own what the program fixes; wins
   * @throws OptionError for a certificate that cannot be read
   */
  createSession(own: SessionOptions = {}): Session {
    const of = <K extends Parameters<typeof sessionValue>[1]>(name: K) => sessionValue(this.#settings, name)
    return new Session({
      auth: this.auth,
      insecure: of('insecure') || !of('verify'),
      cafile: expanded(of('cacert')),
      certfile: expanded(of('cert')),
      keyfile: expanded(of('key')),
      timeout: of('api_timeout'),
      collectTiming: of('timing'),
      ...own,
    })
  }

  /**
   * An adapter for one service of the cloud, with what is said of that service, see {@link CloudRegion.serviceOptions}.
   *
   * @param own what the program fixes; wins
   */
  createAdapter(session: Session, serviceType: string, own: Partial<AdapterOptions> = {}): Adapter {
    const { validInterfaces, ...options } = this.serviceOptions(serviceType)
    const sides = own.interface === undefined && validInterfaces ? { validInterfaces } : {}
    return new Adapter({ session, ...options, ...sides, ...own })
  }

  /**
   * What is said of one service: `compute_endpoint_override`, `block_storage_interface` and so on, also under the other names
   * of the service's type, and what is said of all services.
   *
   * The Identity service of a login that names no scope is where the login went, as a token without a scope has no catalog.
   *
   * @see openstacksdk, config.cloud_region.CloudRegion.get_endpoint, get_session_client
   */
  serviceOptions(serviceType: string): Omit<AdapterOptions, 'session'> {
    const of = <K extends Parameters<typeof serviceValue>[2]>(name: K) =>
      serviceValue(this.#settings, serviceType, name)
    const rateLimit = this.#rateLimit(serviceType)
    const atLogin = serviceType === 'identity' && isUnscoped(this.#settings)
    return {
      auth: this.auth,
      serviceType: of('service_type') ?? officialType(serviceType),
      serviceName: of('service_name'),
      ...(atLogin ? { interface: 'auth' } : { validInterfaces: of('interface') }),
      regionName: of('region_name'),
      endpointOverride: of('endpoint_override') ?? of('endpoint'),
      version: majorOf(of('api_version')),
      defaultMicroversion: of('default_microversion') ?? impliedMicroversion(of('api_version')),
      connectRetries: of('connect_retries'),
      statusCodeRetries: of('status_code_retries'),
      ...(rateLimit ? { rateLimit } : {}),
    }
  }

  /** All adapters of a service share one. */
  #rateLimit(serviceType: string): RateLimit | undefined {
    const [rate, concurrency] = [
      limitValue(this.#settings, serviceType, 'rate_limit'),
      limitValue(this.#settings, serviceType, 'concurrency'),
    ]
    if (!rate && concurrency === undefined) return undefined
    const type = officialType(serviceType)
    const limit = this.#limits.get(type) ?? new RateLimit({ concurrency, delay: rate ? 1 / rate : 0 })
    this.#limits.set(type, limit)
    return limit
  }
}

const scopes = ['project_id', 'project_name', 'domain_id', 'domain_name', 'system_scope']

/** Whether a login names no scope; a trust or an application credential has one of its own, and counts as none here. */
function isUnscoped(cloud: Settings): boolean {
  const auth = isSettings(cloud['auth']) ? cloud['auth'] : {}
  const named = (name: string) => textOf(auth, name) ?? textOf(cloud, name)
  return named('auth_url') !== undefined && !scopes.some(named)
}

function expanded(path: string | undefined): string | undefined {
  return path?.startsWith('~/') ? join(homedir(), path.slice(2)) : path
}

// What is no number is no version of an API, such as the `1.latest` of old.
function majorOf(version: string | undefined): string | undefined {
  return /^(\d+)(?:\.\d+)?$/.exec(version ?? '')?.[1]
}
