import { resourceLinks, type Links } from '../links.ts'
import type { Microversion } from '../microversions.ts'
import type { Flavor } from './store.ts'

export interface FlavorViewOptions {
  links: Links
  version: Microversion
  /** Whether the caller may see extra specs. */
  extraSpecs: boolean
}

export function flavorSummary(flavor: Flavor, { links, version }: FlavorViewOptions) {
  const { id, name, description } = flavor
  return {
    id,
    name,
    links: resourceLinks(links, `/flavors/${id}`),
    ...(version.atLeast('2.55') ? { description } : {}),
  }
}

/** @see openstack/nova nova/api/openstack/compute/views/flavors.py */
export function flavorView(flavor: Flavor, options: FlavorViewOptions) {
  const { version, extraSpecs } = options
  return {
    ...flavorSummary(flavor, options),
    ram: flavor.ram,
    vcpus: flavor.vcpus,
    disk: flavor.disk,
    swap: flavor.swap || (version.atLeast('2.75') ? 0 : ''),
    'OS-FLV-EXT-DATA:ephemeral': flavor.ephemeral,
    'OS-FLV-DISABLED:disabled': flavor.disabled,
    rxtx_factor: flavor.rxtx_factor,
    'os-flavor-access:is_public': flavor.is_public,
    ...(extraSpecs && version.atLeast('2.61') ? { extra_specs: flavor.extra_specs } : {}),
  }
}
