import type { EndpointRow, ServiceRow } from '../db/tables.ts'

/** One service of a token's catalog. @see Identity API v3, `catalog` */
export interface CatalogService {
  endpoints: { id: string; interface: string; region_id: string | null; url: string; region: string | null }[]
  id: string
  type: string
  name: string
}

/** Names that the URL of an endpoint may refer to. */
const urlReferences: ReadonlySet<string> = new Set([
  'tenant_id',
  'project_id',
  'user_id',
  'public_endpoint',
  'compute_host',
])

/** What stands for a name in the URLs of endpoints. */
export type UrlValues = Readonly<Record<string, string | undefined>>

// `%(name)s`, `$(name)s`, `%%` for one percent sign, and a percent sign that is none of these.
const references = /[%$]\((\w+)\)s|%%|[%$]\(|%/g

/**
 * The catalog of a token. An endpoint whose URL refers to something the token does not have (a project, say) is left
 * out; a service without endpoints stays.
 *
 * @see keystone, catalog/backends/sql.py
 */
export function buildCatalog(
  services: readonly ServiceRow[],
  endpoints: readonly EndpointRow[],
  values: UrlValues,
): CatalogService[] {
  return services.map((service) => ({
    endpoints: endpoints
      .filter((endpoint) => endpoint.service_id === service.id)
      .flatMap((endpoint) => {
        const url = fillUrl(endpoint.url, values)
        if (url === undefined) return []
        const { id, interface: side, region_id } = endpoint
        return [{ id, interface: side, region_id, url, region: region_id }]
      }),
    id: service.id,
    type: service.type,
    name: service.name,
  }))
}

/** @returns undefined when a name has no value or the template cannot be read */
function fillUrl(template: string, values: UrlValues): string | undefined {
  let complete = true
  const url = template.replace(references, (whole, name?: string) => {
    if (whole === '%%') return '%'
    const value = name !== undefined && urlReferences.has(name) ? values[name] : undefined
    if (value === undefined) complete = false
    return value ?? ''
  })
  return complete ? url : undefined
}

/** Whether an endpoint's URL can be read and refers to known names only. */
export function isUrlTemplate(template: string): boolean {
  return fillUrl(template, Object.fromEntries([...urlReferences].map((name) => [name, name]))) !== undefined
}
