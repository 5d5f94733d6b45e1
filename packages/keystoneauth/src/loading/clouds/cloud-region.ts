import { homedir } from 'node:os'
import { join } from 'node:path'
import { booleanOption, floatOption, integerOption, type Option } from '@longhaul/oslo-config'
import { Adapter, type AdapterOptions } from '../../adapter.ts'
import { OptionError } from '../../errors.ts'
import type { AuthPlugin } from '../../plugin.ts'
import { aliasesOf, officialType } from '../../service-types.ts'
import { Session, type SessionOptions } from '../../session.ts'
import { textOf, type Settings } from './settings.ts'

const boolean = booleanOption({ help: '', default: false })
const seconds = floatOption({ help: '', min: 0 })
const tries = integerOption({ help: '', min: 0 })

/** One region of a cloud, as clouds.yaml or the environment describes it. */
export class CloudRegion {
  readonly name: string
  readonly regionName: string | undefined
  readonly auth: AuthPlugin
  readonly #settings: Settings

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
   * @throws OptionError for values that are none of their type
   */
  createSession(own: SessionOptions = {}): Session {
    const file = (name: string) => expanded(textOf(this.#settings, name))
    const verify = this.#value('verify', booleanOption({ help: '', default: true }))
    return new Session({
      auth: this.auth,
      insecure: this.#value('insecure', boolean) || !verify,
      cafile: file('cacert'),
      certfile: file('cert'),
      keyfile: file('key'),
      timeout: this.#value('api_timeout', seconds),
      ...own,
    })
  }

  /**
   * An adapter for one service of the cloud, with what is said of that service: `compute_endpoint_override`,
   * `block_storage_interface` and so on, also under the other names of the service's type.
   *
   * @param own what the program fixes; wins
   * @throws OptionError for values that are none of their type
   */
  createAdapter(session: Session, serviceType: string, own: Partial<AdapterOptions> = {}): Adapter {
    const of = (key: string) => this.#ofService(serviceType, key)
    const options = {
      session,
      auth: this.auth,
      serviceType: of('service_type') ?? officialType(serviceType),
      serviceName: of('service_name'),
      interface: of('interface') ?? textOf(this.#settings, 'interface'),
      regionName: of('region_name') ?? this.regionName,
      endpointOverride: of('endpoint_override') ?? of('endpoint'),
      version: majorOf(of('api_version')),
      defaultMicroversion: of('default_microversion') ?? impliedMicroversion(of('api_version')),
      connectRetries: this.#number(serviceType, 'connect_retries'),
      statusCodeRetries: this.#number(serviceType, 'status_code_retries'),
    }
    return new Adapter({ ...options, ...own })
  }

  #ofService(serviceType: string, key: string): string | undefined {
    const names = aliasesOf(officialType(serviceType)).map((type) => `${type.replaceAll('-', '_')}_${key}`)
    return names.map((name) => textOf(this.#settings, name)).find((value) => value !== undefined)
  }

  #number(serviceType: string, key: string): number | undefined {
    return parsed(key, tries, this.#ofService(serviceType, key))
  }

  #value<T>(name: string, option: Option<T>): T {
    return parsed(name, option, textOf(this.#settings, name))
  }
}

function parsed<T>(name: string, option: Option<T>, text: string | undefined): T {
  try {
    return text === undefined ? (option.settings.default as T) : option.parse([text])
  } catch (error) {
    throw new OptionError(`${name} ${(error as Error).message}`)
  }
}

function expanded(path: string | undefined): string | undefined {
  return path?.startsWith('~/') ? join(homedir(), path.slice(2)) : path
}

/** `compute_api_version: 2.53` asks for a microversion; of `3` or `3.0` only the number of the API is meant. */
function impliedMicroversion(version: string | undefined): string | undefined {
  return /^\d+\.[1-9]\d*$/.test(version ?? '') ? version : undefined
}

// What is no number is no version of an API, such as the `1.latest` of old.
function majorOf(version: string | undefined): string | undefined {
  return /^(\d+)(?:\.\d+)?$/.exec(version ?? '')?.[1]
}
