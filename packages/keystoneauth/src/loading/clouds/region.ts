import { OptionError } from '../../errors.ts'
import { isSettings, overlaid, textOf, type Setting, type Settings } from './settings.ts'

interface Region {
  name: string
  values: Settings
}

/**
 * A cloud with what it says of one of its regions.
 *
 * @param wanted undefined: the first
 * @throws OptionError for a region that the cloud does not have
 * @see openstacksdk, config.loader.OpenStackConfig._get_region
 */
export function inRegion(cloud: Settings, wanted: string | undefined, place: string): Settings {
  const { regions: listed, region_name: named, ...rest } = cloud
  const regions = regionsOf(listed ?? named, place)
  const region = wanted === undefined ? regions[0] : regions.find(({ name }) => name === wanted)
  if (!region && wanted !== undefined && regions.length > 0) {
    const names = regions.map(({ name }) => name).join(', ')
    throw new OptionError(`${place} has no region ${wanted}; it has ${names}`)
  }
  const name = region?.name ?? wanted
  return { ...overlaid(rest, region?.values ?? {}), ...(name === undefined ? {} : { region_name: name }) }
}

function regionsOf(setting: Setting | undefined, place: string): Region[] {
  if (setting === undefined || setting === null || setting === '') return []
  if (typeof setting === 'string') return setting.split(',').map((name) => ({ name, values: {} }))
  if (!Array.isArray(setting)) throw new OptionError(`${place}: regions is no list`)
  return (setting as readonly Setting[]).map((entry) => {
    if (typeof entry === 'string') return { name: entry, values: {} }
    const name = isSettings(entry) ? textOf(entry, 'name') : undefined
    if (name === undefined) throw new OptionError(`${place}: an entry of regions has no name`)
    const values = (entry as Settings)['values']
    return { name, values: isSettings(values) ? values : {} }
  })
}
