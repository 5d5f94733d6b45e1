import type { Database } from '@longhaul/oslo/db'
import type { Tables } from '../db/tables.ts'
import { Findings, type Finding } from './finding.ts'

/**
 * Whether clients find the service: the catalog has a public endpoint of the identity service, and it is where this
 * service says it is.
 *
 * @param publicEndpoint `[DEFAULT] public_endpoint`
 */
export async function checkEndpoints(
  database: Database<Tables>,
  publicEndpoint: string | undefined,
): Promise<Finding[]> {
  const findings = new Findings('public_endpoint')
  const rows = await database.kysely
    .selectFrom('endpoints')
    .innerJoin('services', 'services.id', 'endpoints.service_id')
    .select('endpoints.url')
    .where('services.type', '=', 'identity')
    .where('services.enabled', '=', 1)
    .where('endpoints.enabled', '=', 1)
    .where('endpoints.interface', '=', 'public')
    .execute()
  const urls = rows.map((row) => row.url)
  if (!publicEndpoint)
    findings.note('[DEFAULT] public_endpoint is not set: links show the host that the client asked for')
  if (urls.length === 0)
    findings.problem(
      'the catalog has no public endpoint of the identity service: run "keystone-manage bootstrap" with --bootstrap-public-url',
    )
  const elsewhere = urls.filter((url) => publicEndpoint && !isBelow(url, publicEndpoint))
  for (const url of elsewhere)
    findings.problem(
      `the catalog shows the identity service at ${url}, [DEFAULT] public_endpoint is ${publicEndpoint}`,
    )
  for (const url of new Set([...urls, publicEndpoint ?? '']))
    if (sendsInTheClear(url))
      findings.note(`${url} is not https: passwords and tokens can be read on the way`)
  return findings.end(`the identity service is found at ${urls.join(', ')}`)
}

function isBelow(url: string, base: string): boolean {
  const root = base.replace(/\/+$/, '').replace(/\/v3$/, '')
  return (
    url === root ||
    url.startsWith(`${root}/`) ||
    url.startsWith('$(public_endpoint)') ||
    url.startsWith('%(public_endpoint)')
  )
}

function sendsInTheClear(url: string): boolean {
  return url.startsWith('http://') && !/^http:\/\/(localhost|127\.|\[::1\])/.test(url)
}
