import type { ApiVersion } from './discovery.ts'
import { OptionError, VersionNotAvailable } from './errors.ts'
import { compareVersions, parseVersion, type VersionNumber } from './version-range.ts'

const legacyHeaders: Readonly<Record<string, string>> = {
  compute: 'X-OpenStack-Nova-API-Version',
  baremetal: 'X-OpenStack-Ironic-API-Version',
  'shared-file-system': 'X-OpenStack-Manila-API-Version',
}

/**
 * Headers that ask for a microversion.
 *
 * @param version `2.79` or `latest`
 * @throws OptionError without a service type, or for another form
 * @see API guidelines, microversion specification
 */
export function microversionHeaders(
  version: string,
  serviceType: string | undefined,
): Record<string, string> {
  if (!serviceType) throw new OptionError('a microversion needs a service type')
  if (!/^(latest|\d+\.\d+)$/.test(version)) throw new OptionError(`"${version}" is not a microversion`)
  const type = headerType(serviceType)
  const legacy = legacyHeaders[type]
  return { 'OpenStack-API-Version': `${type} ${version}`, ...(legacy ? { [legacy]: version } : {}) }
}

function headerType(serviceType: string): string {
  if (/^volume|^block-stor/.test(serviceType)) return 'volume'
  if (serviceType.startsWith('share')) return 'shared-file-system'
  return serviceType
}

/**
 * The highest microversion of a service that is not above `highest`.
 *
 * @param version what the service says of itself
 * @returns undefined for a service without microversions
 * @throws VersionNotAvailable when none lies between; OptionError for what is no microversion
 */
export function negotiated(
  version: ApiVersion | undefined,
  highest: string,
  lowest: string | undefined,
): string | undefined {
  const [most, least] = [parseVersion(highest), lowest === undefined ? undefined : parseVersion(lowest)]
  if (version?.minMicroversion === undefined || version.maxMicroversion === undefined) return undefined
  const [from, to] = [parseVersion(version.minMicroversion), parseVersion(version.maxMicroversion)]
  const found = compareVersions(most, to) < 0 ? most : to
  const floor = least && compareVersions(least, from) > 0 ? least : from
  if (compareVersions(found, floor) >= 0) return text(found)
  const wanted = lowest === undefined ? highest : `${lowest} to ${highest}`
  throw new VersionNotAvailable(`microversion ${wanted}: the service has ${text(from)} to ${text(to)}`)
}

function text([major, minor]: VersionNumber): string {
  return `${major}.${minor}`
}
