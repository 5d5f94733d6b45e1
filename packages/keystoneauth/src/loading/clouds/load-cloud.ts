import { homedir } from 'node:os'
import { OptionError } from '../../errors.ts'
import { Session, type SessionOptions } from '../../session.ts'
import type { OwnLoginOptions } from '../auth-types.ts'
import { cloudAuth, type CloudPlace } from './cloud-auth.ts'
import { CloudRegion } from './cloud-region.ts'
import { readFirst, searchPath, type Surroundings } from './config-files.ts'
import { environmentCloud } from './environment.ts'
import { normalised } from './normalise.ts'
import { profileOf } from './profile.ts'
import { inRegion } from './region.ts'
import {
  cleared,
  clearedCloud,
  isSettings,
  merged,
  overlaid,
  underscored,
  type Settings,
} from './settings.ts'

export interface LoadCloudOptions {
  /** Default: `OS_CLOUD`; else the cloud of the environment, if `OS_*` describe one; else the only one in the files. */
  cloud?: string
  /** Default: `OS_REGION_NAME`; else the first of the cloud's own regions, or else of its profile's. */
  regionName?: string
  /** What the program fixes, named as in clouds.yaml; wins over everything. */
  overrides?: Settings
  /** Profiles by name, beside those of clouds-public.yaml. */
  profiles?: Settings
  /** Environment, directories and platform; default: those of the process. */
  around?: Partial<Surroundings>
  /** How the login is kept, and where one-time passcodes come from. */
  login?: OwnLoginOptions
  /** For a profile that is a URL. */
  session?: SessionOptions
}

/**
 * A cloud as operators and users describe it: `clouds.yaml` with `secure.yaml` over it, by the search path of openstacksdk,
 * `clouds-public.yaml` and profiles below it, or `OS_*` variables.
 *
 * @throws MissingRequiredOptions, OptionError: with all that is wrong of the credentials, and where it was looked for
 * @example const cloud = await loadCloud({ cloud: 'mycloud' })
 *   const servers = await cloud.createAdapter(cloud.createSession(), 'compute').get('/servers')
 * @see openstacksdk, config.OpenStackConfig.get_one
 */
export async function loadCloud(options: LoadCloudOptions = {}): Promise<CloudRegion> {
  const around: Surroundings = {
    env: process.env,
    cwd: process.cwd(),
    home: homedir(),
    platform: process.platform,
    ...options.around,
  }
  const { place, settings } = chosen(options.cloud, around)
  const looked = searchPath('clouds-public', around)
  const session = new Session(options.session)
  try {
    const profile = await profileOf(settings, {
      publicFile: readFirst(looked),
      profiles: underscored(options.profiles ?? {}),
      session,
      looked,
    })
    const wanted = options.regionName ?? (place.environment ? undefined : around.env['OS_REGION_NAME'])
    const region = inRegion(settings, profile, wanted || undefined, place.name)
    const cloud = normalised(overlaid(region, cleared(underscored(options.overrides ?? {}))))
    return new CloudRegion(place.name.replace(/^clouds\./, ''), cloud, cloudAuth(cloud, place, options.login))
  } finally {
    await session.close()
  }
}

function chosen(cloud: string | undefined, around: Surroundings): { place: CloudPlace; settings: Settings } {
  const [cloudPath, securePath] = [searchPath('clouds', around), searchPath('secure', around)]
  const files = [readFirst(cloudPath), readFirst(securePath)].filter((file) => file !== undefined)
  const whole = files.reduce<Settings>((under, { settings }) => merged(under, settings), {})
  const clouds = isSettings(whole['clouds']) ? whole['clouds'] : {}
  const paths = files.map(({ path }) => path)
  const own = environmentCloud(around.env)
  const ownName = around.env['OS_CLOUD_NAME'] || 'envvars'
  if (own && Object.hasOwn(clouds, ownName)) {
    throw new OptionError(
      `${paths.join(', ')}: clouds.${ownName} has the name of the cloud of the environment`,
    )
  }
  const names = Object.keys(clouds)
  const onlyOne = names.length === 1 ? names[0] : undefined
  const name = cloud ?? (around.env['OS_CLOUD'] || undefined) ?? (own ? ownName : onlyOne)
  if (own && name === ownName)
    return { settings: own, place: { name: ownName, files: [], environment: true } }
  if (name === undefined) {
    const has = names.length > 0 ? `; ${paths.join(', ')} has ${names.join(', ')}` : ''
    throw new OptionError(
      `no cloud is chosen: neither by the program nor by OS_CLOUD, nor do OS_* describe one${has || `; no file among ${cloudPath.join(', ')}`}`,
    )
  }
  const settings = Object.hasOwn(clouds, name) ? clouds[name] : undefined
  if (!isSettings(settings)) {
    throw new OptionError(
      files.length > 0
        ? `cloud ${name} is not in ${paths.join(', ')}, which has ${names.join(', ') || 'none'}`
        : `cloud ${name} is not found: no file among ${cloudPath.join(', ')}`,
    )
  }
  const place = { name: `clouds.${name}`, files: paths, environment: false }
  return { place, settings: clearedCloud(settings) }
}
