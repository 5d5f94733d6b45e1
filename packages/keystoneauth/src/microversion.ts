import { OptionError } from './errors.ts'

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
