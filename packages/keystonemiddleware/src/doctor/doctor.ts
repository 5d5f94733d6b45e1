import type { Config } from '@longhaul/oslo-config'
import { authUrlOf, openSection } from '../section.ts'
import type { Finding } from './finding.ts'
import { Identity } from './identity.ts'
import { memcached } from './memcached.ts'
import { clocks, ownToken, validation } from './own-user.ts'
import { receiver } from './receiver.ts'
import { roleDemanded, serviceToken } from './service-token.ts'

/** Settings of {@link doctor}. */
export interface DoctorOptions {
  /** Default `keystone_authtoken`. */
  group?: string
  /** A service token to be looked at. */
  serviceToken?: string | undefined
  /** URLs of receivers that need a token, such as `http://glance:9292/v2/images`; they are sent this service's own. */
  receivers?: readonly string[]
  now?: () => Date
}

/**
 * Looks for what would keep service tokens from working, by trying it: nothing is changed anywhere.
 *
 * @throws MissingRequiredOptions, OptionError, ConfigError: one of them, with all that is wrong of the section
 */
export async function doctor(conf: Config, options: DoctorOptions = {}): Promise<Finding[]> {
  const { group = 'keystone_authtoken', now = () => new Date() } = options
  const userAgent = 'keystonemiddleware.doctor'
  const section = openSection(conf, { group, overrides: {}, userAgent, now })
  const identity = new Identity(section)
  const { session, values } = section
  try {
    const own = await ownToken(identity)
    const findings = [roleDemanded(values), own]
    if (own.level !== 'problem') {
      findings.push(await validation(identity), await clocks(identity, now))
      if (options.serviceToken) findings.push(await serviceToken(identity, values, options.serviceToken))
      const authUrl = authUrlOf(conf, group)
      for (const url of options.receivers ?? []) {
        findings.push(await receiver({ identity, session, authUrl, url }))
      }
    }
    return [...findings, ...(await memcached(section, now))]
  } finally {
    await session.close()
  }
}
