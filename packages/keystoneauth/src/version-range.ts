import { OptionError } from './errors.ts'
import { officialType } from './service-types.ts'

/** Which versions of an API will do. Without any of these the URL of the catalog is used as it is. */
export interface VersionFilter {
  /** `3`, `v3`, `3.2`: this major version, at least this minor one. `latest`: the highest there is. */
  version?: string
  /** Not with `version`. */
  minVersion?: string
  /** Not with `version`. `2.latest` is any of major version 2; `2` is 2.0. Default, with a minimum: the highest. */
  maxVersion?: string
}

/** Major and minor; Infinity stands for the latest. */
export type VersionNumber = readonly [major: number, minor: number]

export interface VersionRange {
  min: VersionNumber | undefined
  max: VersionNumber
}

const latest: VersionNumber = [Infinity, Infinity]

/**
 * Reads `2`, `v2.1`, `2.latest`, `latest`.
 *
 * @throws OptionError for another form
 */
export function parseVersion(text: string): VersionNumber {
  if (/^v?latest$/.test(text)) return latest
  const [, major, minor = '0'] = /^v?(\d+)(?:\.(\d+|latest))?$/.exec(text) ?? []
  if (major === undefined) throw new OptionError('a version is written as 2, v2.1, 2.latest or latest')
  return [Number(major), minor === 'latest' ? Infinity : Number(minor)]
}

/** Negative, zero or positive, as for sorting. */
export function compareVersions(one: VersionNumber, other: VersionNumber): number {
  if (one[0] !== other[0]) return one[0] < other[0] ? -1 : 1
  return one[1] === other[1] ? 0 : one[1] < other[1] ? -1 : 1
}

/**
 * The versions that will do.
 *
 * @param serviceType `volumev2` and its like mean major version 2
 * @returns undefined when any will
 * @throws OptionError for what contradicts itself
 * @see keystoneauth1, discover._normalize_version_args
 */
export function rangeOf(filter: VersionFilter, serviceType: string | undefined): VersionRange | undefined {
  const implied = impliedMajor(serviceType)
  const range = askedRange(filter)
  if (implied === undefined) return range
  if (!range) return { min: [implied, 0], max: [implied, Infinity] }
  const { min = [implied, 0], max } = range
  const isLatest = (version: VersionNumber) => version[0] === Infinity
  if ((min[0] !== implied && !isLatest(min)) || max[0] < implied) {
    throw new OptionError(
      `service type ${serviceType} is of version ${implied}, and another one is asked for`,
    )
  }
  return { min: isLatest(min) ? [implied, 0] : min, max: max[0] > implied ? [implied, Infinity] : max }
}

function askedRange({ version, minVersion, maxVersion }: VersionFilter): VersionRange | undefined {
  if (version && (minVersion || maxVersion)) {
    throw new OptionError('version excludes min_version and max_version')
  }
  if (version) {
    const min = parseVersion(version)
    return { min: min === latest ? undefined : min, max: [min[0], Infinity] }
  }
  if (!minVersion && !maxVersion) return undefined
  const min = minVersion ? parseVersion(minVersion) : undefined
  const max = maxVersion ? parseVersion(maxVersion) : latest
  if (min === latest && max !== latest)
    throw new OptionError('with min_version latest, max_version is latest too')
  if (min && compareVersions(min, max) > 0) throw new OptionError('min_version is above max_version')
  return { min: min === latest ? undefined : min, max }
}

function impliedMajor(serviceType: string | undefined): number | undefined {
  if (!serviceType || officialType(serviceType) === serviceType) return undefined
  const digit = /v(\d)$/.exec(serviceType)?.[1]
  return digit === undefined ? undefined : Number(digit)
}

export function isWithin(version: VersionNumber, { min, max }: VersionRange): boolean {
  return (!min || compareVersions(version, min) >= 0) && compareVersions(version, max) <= 0
}

/** `2.1 to 3.latest`, for messages. */
export function describeRange({ min, max }: VersionRange): string {
  const text = ([major, minor]: VersionNumber) =>
    major === Infinity ? 'latest' : `${major}.${minor === Infinity ? 'latest' : minor}`
  return min ? `${text(min)} to ${text(max)}` : text(max)
}

// Integers alone are project ids; a version in a URL begins with a v.
const versionPart = /^v\d+(?:\.\d+)*$/

/** A URL cut at the last part of its path that is a version, such as `/v2.1`. */
export interface VersionedUrl {
  /** Undefined: the path names none. */
  version: VersionNumber | undefined
  /** What comes before it; the whole URL without one. */
  root: string
}

export function splitAtVersion(url: string): VersionedUrl {
  const target = new URL(url)
  const parts = target.pathname.split('/')
  const index = parts.findLastIndex((part) => versionPart.test(part))
  if (index < 0) return { version: undefined, root: url }
  const [, major = '0', minor = '0'] = /^v(\d+)(?:\.(\d+))?/.exec(parts[index]!) ?? []
  target.pathname = parts.slice(0, index).join('/')
  return { version: [Number(major), Number(minor)], root: target.href.replace(/\/+$/, '') }
}
