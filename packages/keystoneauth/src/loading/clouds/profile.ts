import { OptionError } from '../../errors.ts'
import type { PluginSession } from '../../plugin-session.ts'
import { withoutSecrets } from '../../response.ts'
import { parseSettings, type ConfigFile } from './config-files.ts'
import { clearedCloud, isSettings, merged, textOf, type Settings } from './settings.ts'

/** Where the profile of a cloud is looked for. */
export interface ProfileSources {
  /** `clouds-public.yaml`, if there is one. */
  publicFile: ConfigFile | undefined
  /** Profiles that the program brings along. */
  profiles: Settings
  /** Fetches a profile that is a URL. */
  session: PluginSession
  /** Where a file would have been, for the error. */
  looked: readonly string[]
}

/**
 * What a provider publishes of its cloud, over which the cloud's own settings win; nothing without a profile. `profile` is a name in
 * `clouds-public.yaml` or among the program's own, or an https URL whose `/.well-known/openstack/api` has it.
 *
 * There is no built-in list of providers: a password would go to whoever owns a provider's old name by now.
 *
 * @throws OptionError for a profile that is not found, or says that its cloud was shut down
 * @see openstacksdk, config.vendors
 */
export async function profileOf(cloud: Settings, sources: ProfileSources): Promise<Settings> {
  const name = cloud['profile'] || cloud['cloud']
  if (!name) return {}
  if (typeof name !== 'string') throw new OptionError('profile: must be a text')
  const { status, message, ...profile } = await find(name, sources)
  if (status === 'shutdown') {
    const why = typeof message === 'string' ? `: ${message}` : ''
    throw new OptionError(`profile ${name} is of a cloud that was shut down${why}`)
  }
  return clearedCloud(profile)
}

async function find(name: string, sources: ProfileSources): Promise<Settings> {
  const known = profileIn(sources.publicFile?.settings['public_clouds'], name)
  if (known) return known
  const own = profileIn(sources.profiles, name)
  const url = textOf(own, 'profile') ?? name
  if (own && url === name) return own
  if (!/^https:\/\//i.test(url) || !URL.canParse(url)) {
    throw new OptionError(
      `profile ${name} is not found; it was looked for in ${sources.looked.join(', ')} under public-clouds`,
    )
  }
  return merged(await fetched(url, sources.session), own ?? {})
}

function profileIn(profiles: unknown, name: string): Settings | undefined {
  if (!isSettings(profiles) || !Object.hasOwn(profiles, name)) return undefined
  const profile = profiles[name]
  return isSettings(profile) ? profile : undefined
}

async function fetched(url: string, session: PluginSession): Promise<Settings> {
  const place = new URL('/.well-known/openstack/api', url).href
  const response = await session.request(place, { method: 'GET', authenticated: false })
  const { profile } = parseSettings(await response.text(), withoutSecrets(place))
  if (isSettings(profile)) return profile
  throw new OptionError(`${withoutSecrets(place)} has no profile`)
}
