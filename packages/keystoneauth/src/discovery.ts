import { DiscoveryFailure } from './errors.ts'
import type { PluginSession } from './plugin-session.ts'
import { errorFrom, withoutSecrets, type Response } from './response.ts'

type Status = 'CURRENT' | 'SUPPORTED' | 'DEPRECATED' | 'EXPERIMENTAL' | 'UNKNOWN'

/** A version of an API, as its service tells it. */
export interface ApiVersion {
  /** Such as `v3.14`. */
  id: string
  major: number
  minor: number
  status: Status
  url: string
  minMicroversion?: string
  maxMicroversion?: string
}

/**
 * Asks a URL for the versions below it, without credentials first, with `headers` after a 401.
 *
 * @returns oldest first; entries without status, id or self link are left out
 * @throws DiscoveryFailure when the answer is no version document; ConnectFailure and its like
 * @see API guidelines, version discovery; keystoneauth1, discover.get_version_data
 */
export async function discoverVersions(
  session: PluginSession,
  url: string,
  headers?: Record<string, string>,
): Promise<ApiVersion[]> {
  const ask = { method: 'GET', authenticated: false, raiseExc: false, purpose: 'discovery' } as const
  let answer = await session.request(url, ask)
  if (answer.status === 401 && headers) answer = await session.request(url, { ...ask, headers })
  // 300 is how Keystone, Nova and others answer at their root.
  if (answer.status !== 200 && answer.status !== 300) {
    throw new DiscoveryFailure(`${withoutSecrets(url)}: HTTP ${answer.status} in place of versions`, {
      cause: await errorFrom(answer, {
        method: 'GET',
        now: session.now(),
        secrets: Object.values(headers ?? {}),
      }),
    })
  }
  const document = await documentOf(answer)
  return entriesOf(document)
    .flatMap((entry) => versionOf(entry, url) ?? [])
    .toSorted((one, other) => one.major - other.major || one.minor - other.minor)
}

async function documentOf(answer: Response): Promise<Record<string, unknown>> {
  const document = await answer.json().catch(() => undefined)
  if (isRecord(document)) return document
  throw new DiscoveryFailure(`${withoutSecrets(answer.url)}: the answer is no version document`)
}

// `{versions: {values: [...]}}` (Keystone's root), `{versions: [...]}`, `{version: {...}}`, or the version itself (Ironic).
function entriesOf(document: Record<string, unknown>): unknown[] {
  const { versions, version } = document
  if (Array.isArray(versions)) return versions
  if (isRecord(versions) && Array.isArray(versions['values'])) return versions['values']
  return [isRecord(version) ? version : document]
}

const statuses: Readonly<Record<string, Status>> = {
  CURRENT: 'CURRENT',
  STABLE: 'CURRENT',
  SUPPORTED: 'SUPPORTED',
  DEPRECATED: 'DEPRECATED',
  EXPERIMENTAL: 'EXPERIMENTAL',
}

function versionOf(entry: unknown, discoveredAt: string): ApiVersion | undefined {
  if (!isRecord(entry)) return undefined
  const { id, status, links } = entry
  const numbers = typeof id === 'string' ? /^v?(\d+)(?:\.(\d+))?$/.exec(id) : null
  const self = Array.isArray(links)
    ? links.find((link) => isRecord(link) && link['rel'] === 'self')
    : undefined
  const href: unknown = isRecord(self) ? self['href'] : undefined
  if (!numbers || typeof status !== 'string' || typeof href !== 'string') return undefined
  if (!URL.canParse(href, `${discoveredAt}/`)) return undefined
  const min = entry['min_version']
  const max = entry['max_version'] ?? entry['version']
  return {
    id: id as string,
    major: Number(numbers[1]),
    minor: Number(numbers[2] ?? 0),
    status: statuses[status.toUpperCase()] ?? 'UNKNOWN',
    url: new URL(href, `${discoveredAt}/`).href,
    ...(typeof min === 'string' && min !== '' ? { minMicroversion: min } : {}),
    ...(typeof max === 'string' && max !== '' ? { maxMicroversion: max } : {}),
  }
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
