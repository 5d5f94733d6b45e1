import type { CatalogEntry } from '@longhaul/keystoneauth'

type FlatEndpoint = Record<string, string>

/**
 * A v3 catalog as JSON in the form of Identity v2: one endpoint per region with `publicURL`, `internalURL`, `adminURL`.
 *
 * @see keystonemiddleware auth_token/_request.py
 */
export function catalogHeaderValue(catalog: readonly CatalogEntry[]): string {
  return JSON.stringify(
    catalog.map((service) => ({
      type: service.type,
      ...(service.name === undefined ? {} : { name: service.name }),
      endpoints: endpointsByRegion(service),
    })),
  )
}

function endpointsByRegion(service: CatalogEntry): FlatEndpoint[] {
  const regions = new Map<string, FlatEndpoint>()
  for (const endpoint of service.endpoints ?? []) {
    const region = endpoint.region ?? endpoint.region_id ?? ''
    const flat = regions.get(region) ?? { region }
    flat[`${endpoint.interface.toLowerCase()}URL`] = endpoint.url
    regions.set(region, flat)
  }
  return [...regions.values()]
}
