import type { Flavor } from './store.ts'

export function flavorSummary({ id, name }: Flavor, baseUrl: string) {
  return {
    id,
    name,
    links: [
      { rel: 'self', href: `${baseUrl}/v2.1/flavors/${id}` },
      { rel: 'bookmark', href: `${baseUrl}/flavors/${id}` },
    ],
  }
}

/** @see openstack/nova nova/api/openstack/compute/views/flavors.py */
export function flavorView(flavor: Flavor, baseUrl: string) {
  return {
    ...flavorSummary(flavor, baseUrl),
    ram: flavor.ram,
    vcpus: flavor.vcpus,
    disk: flavor.disk,
    swap: '',
    'OS-FLV-EXT-DATA:ephemeral': 0,
    'OS-FLV-DISABLED:disabled': false,
    rxtx_factor: 1,
    'os-flavor-access:is_public': flavor.is_public,
  }
}
