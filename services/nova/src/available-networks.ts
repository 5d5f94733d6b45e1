import type { NetworkClient } from './neutron.ts'

/**
 * Ids of the networks that a project has or shares, for servers that name none. Errors are keystoneauth's.
 *
 * @see openstack/nova nova/network/neutron.py, _get_available_networks
 */
export async function availableNetworks(
  neutron: Pick<NetworkClient, 'networks'>,
  projectId: string,
): Promise<string[]> {
  const queries: Record<string, string>[] = [{ project_id: projectId }, { shared: 'true' }]
  const found = await Promise.all(queries.map((query) => neutron.networks(query)))
  return [...new Set(found.flat().map(({ id }) => id))]
}
