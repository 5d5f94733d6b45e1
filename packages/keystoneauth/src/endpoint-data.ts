import { discoverVersions, type ApiVersion } from './discovery.ts'
import { DiscoveryFailure } from './errors.ts'
import type { PluginSession } from './plugin-session.ts'

/** An endpoint and, as far as its service tells, its version. */
export interface EndpointData {
  /** As the catalog says it. */
  url: string
  version?: ApiVersion
}

/** Who asks. */
export interface Asking {
  /** For a service that tells its versions only to those it knows. */
  headers: Record<string, string>
  /** Cut from the end of the URL: below it is no version document. */
  projectId: string | undefined
}

const keptForMilliseconds = 300_000
const mostKept = 100
const kept = new WeakMap<PluginSession, Map<string, { data: EndpointData; until: number }>>()

/**
 * What a service says of the version at an endpoint of the catalog. A service that says nothing leaves `version` out;
 * what it said is kept for five minutes.
 *
 * @throws ConnectFailure and its like
 */
export async function endpointData(
  session: PluginSession,
  url: string,
  asking: Asking,
): Promise<EndpointData> {
  const known = kept.get(session) ?? new Map<string, { data: EndpointData; until: number }>()
  kept.set(session, known)
  const now = session.now().getTime()
  const found = known.get(url)
  if (found && now < found.until) return found.data
  const version = await versionAt(session, withoutProject(url, asking.projectId), asking.headers)
  const data: EndpointData = { url, ...(version ? { version } : {}) }
  known.delete(url)
  known.set(url, { data, until: now + keptForMilliseconds })
  if (known.size > mostKept) known.delete(known.keys().next().value!)
  return data
}

async function versionAt(
  session: PluginSession,
  url: string,
  headers: Record<string, string>,
): Promise<ApiVersion | undefined> {
  try {
    const versions = await discoverVersions(session, url, headers)
    const own = versions.find((version) => pathOf(version.url) === pathOf(url))
    return own ?? (versions.length === 1 ? versions[0] : undefined)
  } catch (error) {
    if (error instanceof DiscoveryFailure) return undefined
    throw error
  }
}

function withoutProject(url: string, projectId: string | undefined): string {
  const bare = url.replace(/\/+$/, '')
  const end = projectId && [`/${projectId}`, `/AUTH_${projectId}`].find((tail) => bare.endsWith(tail))
  return end ? bare.slice(0, -end.length) : bare
}

function pathOf(url: string): string {
  return new URL(url).pathname.replace(/\/+$/, '')
}
