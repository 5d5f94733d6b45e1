import type { IncomingHttpHeaders } from 'node:http'
import { badRequest, notAcceptable } from '../api-error.ts'

/** A service's microversions, from one to another, both included. */
export interface MicroversionRange {
  /** Service type in `OpenStack-API-Version: compute 2.79`. */
  service: 'compute' | 'volume' | 'placement'
  min: string
  max: string
}

/** The older header that a service also reads and answers with; its value is the bare version. */
const legacyHeaders: Record<MicroversionRange['service'], string | undefined> = {
  compute: 'x-openstack-nova-api-version',
  volume: undefined,
  placement: undefined,
}

const standardHeader = 'openstack-api-version'

/**
 * The microversion a request asks for: the last that names the service in `OpenStack-API-Version`, else the older
 * header's, else the minimum; `latest` is the maximum.
 *
 * @throws ApiError 400 `invalid_microversion`, 406 `unsupported_microversion`
 * @see https://specs.openstack.org/openstack/api-sig/guidelines/microversion_specification.html
 */
export function negotiateMicroversion({
  headers,
  ...range
}: MicroversionRange & { headers: IncomingHttpHeaders }): string {
  const asked = standardVersion(headers, range.service) ?? legacyVersion(headers, range.service)
  if (asked === undefined) return range.min
  if (asked.toLowerCase() === 'latest') return range.max
  if (!/^[1-9]\d*\.(?:0|[1-9]\d*)$/.test(asked)) {
    throw badRequest(
      `API Version String ${printable(asked)} is of invalid format. Must be of format MajorNum.MinorNum.`,
      { code: 'invalid_microversion' },
    )
  }
  if (compareMicroversions(asked, range.min) < 0 || compareMicroversions(asked, range.max) > 0) {
    throw notAcceptable(
      `Version ${asked} is not supported by the API. Minimum is ${range.min} and maximum is ${range.max}.`,
      { code: 'unsupported_microversion' },
    )
  }
  return asked
}

/** Negative, zero or positive as `a` is older than, equal to, or newer than `b`. */
export function compareMicroversions(a: string, b: string): number {
  const [majorA = 0, minorA = 0] = a.split('.').map(Number)
  const [majorB = 0, minorB = 0] = b.split('.').map(Number)
  return majorA - majorB || minorA - minorB
}

/** The headers of an answer given in a microversion, `vary` among them. */
export function microversionHeaders(
  service: MicroversionRange['service'],
  version: string,
): Record<string, string> {
  const legacy = legacyHeaders[service]
  if (legacy === undefined)
    return { [standardHeader]: `${service} ${version}`, vary: 'OpenStack-API-Version' }
  return {
    [standardHeader]: `${service} ${version}`,
    [legacy]: version,
    vary: 'OpenStack-API-Version, X-OpenStack-Nova-API-Version',
  }
}

function standardVersion(headers: IncomingHttpHeaders, service: string): string | undefined {
  const parts = folded(headers[standardHeader]).toReversed()
  for (const part of parts) {
    const [name, version] = part.trim().split(/\s+/, 2)
    if (name?.toLowerCase() === service && version) return version
  }
  return undefined
}

function legacyVersion(
  headers: IncomingHttpHeaders,
  service: MicroversionRange['service'],
): string | undefined {
  const name = legacyHeaders[service]
  return name === undefined ? undefined : folded(headers[name]).at(-1)?.trim()
}

function folded(value: string | string[] | undefined): string[] {
  return value === undefined ? [] : String(value).split(',')
}

/** What a client sent, short enough and harmless in a message. */
function printable(text: string): string {
  return text.slice(0, 40).replaceAll(/[^\x20-\x7e]/g, '?')
}
