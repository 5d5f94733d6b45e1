import { OptionError } from '../../errors.ts'
import { cleared, isSettings, overlaid, textOf, type Setting, type Settings } from './settings.ts'

interface Region {
  name: string
  values: Settings
}

/**
 * A cloud over its profile, with what both say of one of its regions. The cloud's own `regions` or `region_name` say which
 * there are; only without them the profile's do.
 *
 * @param wanted undefined: the first
 * @throws OptionError for a region that the cloud does not have
 * @see openstacksdk, config.loader.OpenStackConfig._get_region, _get_known_regions
 */
export function inRegion(
  cloud: Settings,
  profile: Settings,
  wanted: string | undefined,
  place: string,
): Settings {
  const [own, offered] = [regionsOf(cloud, place), regionsOf(profile, place)]
  const regions = own ?? offered ?? []
  const region = wanted === undefined ? regions[0] : regions.find(named(wanted))
  if (!region && wanted !== undefined && regions.length > 0) {
    const names = regions.map(({ name }) => name).join(', ')
    throw new OptionError(`${place} has no region ${wanted}; it has ${names}`)
  }
  const name = region?.name ?? wanted
  const below = overlaid(profile, offered?.find(named(name))?.values ?? {})
  const { regions: _, region_name: __, ...rest } = overlaid(overlaid(below, cloud), region?.values ?? {})
  return { ...rest, ...(name === undefined ? {} : { region_name: name }) }
}

const named = (wanted: string | undefined) => (region: Region) => region.name === wanted

function regionsOf({ regions, region_name: name }: Settings, place: string): Region[] | undefined {
  return listed(regions ?? name, place)
}

function listed(setting: Setting | undefined, place: string): Region[] | undefined {
  if (setting === undefined || setting === null || setting === '') return undefined
  if (typeof setting === 'string') return setting.split(',').map((name) => ({ name, values: {} }))
  if (!Array.isArray(setting)) throw new OptionError(`${place}: regions is no list`)
  return (setting as readonly Setting[]).map((entry) => {
    if (typeof entry === 'string') return { name: entry, values: {} }
    const name = isSettings(entry) ? textOf(entry, 'name') : undefined
    if (name === undefined) throw new OptionError(`${place}: an entry of regions has no name`)
    const { name: _, values = {}, ...others } = entry as Settings
    if (Object.keys(others).length > 0 || !(values === null || isSettings(values)))
      throw new OptionError(`${place}: region ${name} has what is neither name nor a mapping called values`)
    return { name, values: cleared(values ?? {}) }
  })
}
