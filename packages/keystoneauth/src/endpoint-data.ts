import type { ApiVersion } from './discovery.ts'
import { VersionNotAvailable } from './errors.ts'
import type { PluginSession } from './plugin-session.ts'
import { withoutSecrets } from './response.ts'
import { versionsAt } from './version-documents.ts'
import { describeRange, isWithin, rangeOf, splitAtVersion, type VersionFilter } from './version-range.ts'

/** An endpoint and, as far as its service tells, its version. */
export interface EndpointData {
  /** Where requests go: as the catalog says it, or of the version that was asked for. */
  url: string
  version?: ApiVersion
}

/** Who asks for what. */
export interface Asking {
  /** For a service that tells its versions only to those it knows. */
  headers: Record<string, string>
  /** Cut from the end of the URL: below it is no version document. */
  projectId: string | undefined
  filter: VersionFilter & { serviceType?: string }
}

/**
 * The URL for a version of a service. Without a version that is asked for it is `url`, and nobody is asked.
 *
 * @param url of the catalog
 * @throws VersionNotAvailable, OptionError; ConnectFailure and its like
 * @see keystoneauth1, discover.EndpointData.get_versioned_data
 */
export async function endpointUrl(session: PluginSession, url: string, asking: Asking): Promise<string> {
  const range = rangeOf(asking.filter, asking.filter.serviceType)
  if (!range) return url
  const { version } = splitAtVersion(url)
  if (version && isWithin(version, range)) return url
  // `volumev3` in a catalog means what its endpoint is, unless that says otherwise.
  if (!version && !hasVersion(asking.filter)) return url
  return (await endpointData(session, url, asking)).url
}

/**
 * What a service says of the version at an endpoint of the catalog, or of the version that is asked for. A service that
 * says nothing leaves `version` out.
 *
 * @throws VersionNotAvailable, OptionError; ConnectFailure and its like
 */
export async function endpointData(
  session: PluginSession,
  url: string,
  asking: Asking,
): Promise<EndpointData> {
  const { bare, tail } = withoutProject(url, asking.projectId)
  const range = rangeOf(asking.filter, asking.filter.serviceType)
  const { version: named, root } = splitAtVersion(bare)
  if (!range) {
    const versions = await versionsAt(session, bare, asking.headers)
    const own = versions?.find((version) => pathOf(version.url) === pathOf(bare))
    const version = own ?? (versions?.length === 1 ? versions[0] : undefined)
    return { url, ...(version ? { version } : {}) }
  }
  const fits = named === undefined || isWithin(named, range)
  let told = false
  for (const place of new Set(fits ? [bare, root] : [root, bare])) {
    const versions = await versionsAt(session, place, asking.headers)
    told ||= versions !== undefined && versions.length > 0
    const version = versions?.findLast(
      ({ major, minor, status }) => isWithin([major, minor], range) && usable.has(status),
    )
    if (version) return { url: `${reachable(version.url, place)}${tail}`, version }
  }
  if (!told && fits) return { url }
  throw new VersionNotAvailable(`${withoutSecrets(bare)} does not offer version ${describeRange(range)}`)
}

/** Every version that a service tells of at the root of an endpoint, oldest first. */
export async function allVersions(
  session: PluginSession,
  url: string,
  asking: Pick<Asking, 'headers' | 'projectId'>,
): Promise<readonly ApiVersion[]> {
  const { bare } = withoutProject(url, asking.projectId)
  const atRoot = await versionsAt(session, splitAtVersion(bare).root, asking.headers)
  return atRoot?.length ? atRoot : ((await versionsAt(session, bare, asking.headers)) ?? [])
}

// As the original has it by default: not what is an experiment or says nothing of itself.
const usable: ReadonlySet<ApiVersion['status']> = new Set(['CURRENT', 'SUPPORTED', 'DEPRECATED'])

function hasVersion({ version, minVersion, maxVersion }: VersionFilter): boolean {
  return Boolean(version ?? minVersion ?? maxVersion)
}

/**
 * Where a version is for this client. A service behind a proxy often names itself by an address or a path that only it
 * knows: then it is the version below the URL that was asked, and no token goes to another origin.
 */
function reachable(link: string, asked: string): string {
  const [target, origin] = [new URL(link), new URL(asked)]
  const own =
    target.origin === origin.origin && target.pathname.startsWith(pathOf(splitAtVersion(asked).root))
  if (own) return link.replace(/\/+$/, '')
  const version = target.pathname.split('/').findLast((part) => /^v\d/.test(part))
  const { root } = splitAtVersion(asked)
  return version === undefined ? asked : `${root.replace(/\/+$/, '')}/${version}`
}

function withoutProject(url: string, projectId: string | undefined): { bare: string; tail: string } {
  const bare = url.replace(/\/+$/, '')
  const tail = projectId && [`/${projectId}`, `/AUTH_${projectId}`].find((end) => bare.endsWith(end))
  return tail ? { bare: bare.slice(0, -tail.length), tail } : { bare, tail: '' }
}

function pathOf(url: string): string {
  return new URL(url).pathname.replace(/\/+$/, '')
}
