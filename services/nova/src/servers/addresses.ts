import { notFound } from '@longhaul/oslo/api'
import type { ServerAddresses } from './server.ts'

/**
 * The addresses of a server by the names of its networks, as servers show them.
 *
 * @see openstack/nova nova/api/openstack/compute/views/addresses.py
 */
export function addressesView(ports: readonly ServerAddresses[], extended: boolean) {
  const view: Record<string, object[]> = {}
  for (const { network, mac, addresses } of ports) {
    const shown = addresses.map((addr) => ({
      version: addr.includes(':') ? 6 : 4,
      addr,
      ...(extended ? { 'OS-EXT-IPS:type': 'fixed', 'OS-EXT-IPS-MAC:mac_addr': mac } : {}),
    }))
    view[network] = [...(view[network] ?? []), ...shown]
  }
  return view
}

/** Those of one network. @throws ApiError 404 */
export function addressesIn(ports: readonly ServerAddresses[], network: string) {
  const addresses = new Map(Object.entries(addressesView(ports, false))).get(network)
  if (addresses) return { [network]: addresses }
  throw notFound('Instance is not a member of specified network', { code: 'network_not_found' })
}
