import { EmptyCatalog, EndpointNotFound } from './errors.ts'
import { aliasesOf } from './service-types.ts'
import type { CatalogEndpoint, CatalogEntry } from './token-data.ts'
import type { VersionFilter } from './version-range.ts'

/** Which endpoint is wanted. */
export interface EndpointFilter extends VersionFilter {
  serviceType?: string
  serviceName?: string
  /**
   * One interface or several in order of preference; default `public`. `publicURL` and its like are accepted; `auth` is
   * Keystone where the login went, whatever the catalog says.
   */
  interface?: string | readonly string[]
  regionName?: string
}

/** The service catalog of a token. */
export class ServiceCatalog {
  readonly entries: readonly CatalogEntry[]

  constructor(entries: readonly CatalogEntry[]) {
    this.entries = entries
  }

  /**
   * The URL of the first endpoint that fits. An exact service type wins over an alias, an earlier interface over a later.
   *
   * @throws EmptyCatalog when the token has none
   * @throws EndpointNotFound naming what was asked for
   */
  urlFor(filter: EndpointFilter): string {
    if (this.entries.length === 0) throw new EmptyCatalog()
    const interfaces = interfacesOf(filter)
    for (const type of filter.serviceType ? aliasesOf(filter.serviceType) : [undefined]) {
      const services = this.entries.filter((entry) => fits(entry, type, filter.serviceName))
      const endpoints = services.flatMap(endpointsOf)
      for (const wanted of interfaces) {
        const found = endpoints.find(
          (endpoint) =>
            endpoint.interface === wanted &&
            (!filter.regionName || (endpoint.region_id ?? endpoint.region) === filter.regionName),
        )
        if (found) return found.url
      }
    }
    throw new EndpointNotFound(`no ${describe(filter, interfaces)} in the service catalog`)
  }
}

function interfacesOf(filter: EndpointFilter): string[] {
  const wanted = filter.interface ?? 'public'
  return (typeof wanted === 'string' ? [wanted] : [...wanted]).map((name) => name.replace(/URL$/, ''))
}

// What came from elsewhere may be anything, whatever its type says.
function endpointsOf({ endpoints }: CatalogEntry): CatalogEndpoint[] {
  return Array.isArray(endpoints)
    ? endpoints.filter((endpoint) => typeof endpoint?.url === 'string' && endpoint.url !== '')
    : []
}

function fits(entry: CatalogEntry | null, type: string | undefined, name: string | undefined): boolean {
  if (typeof entry !== 'object' || entry === null) return false
  if (type !== undefined && entry.type !== type) return false
  return !name || !entry.name || entry.name === name
}

function describe(filter: EndpointFilter, interfaces: readonly string[]): string {
  const name = filter.serviceName ? ` named ${filter.serviceName}` : ''
  const region = filter.regionName ? ` in region ${filter.regionName}` : ''
  return `${interfaces.join(' or ')} endpoint for ${filter.serviceType ?? 'any'} service${name}${region}`
}
