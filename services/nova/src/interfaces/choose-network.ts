import { badRequest } from '@longhaul/oslo/api'
import type { NetworkClient } from '../neutron.ts'
import { networkError } from './neutron-errors.ts'

/**
 * The network for a new port: the one that was named, or the only one that the project has or shares.
 *
 * @throws ApiError 400 if there is none or more than one; as `networkError`
 * @see openstack/nova nova/network/neutron.py, _get_available_networks
 */
export async function chooseNetwork(
  neutron: Pick<NetworkClient, 'network' | 'networks'>,
  projectId: string,
  named: string | undefined,
): Promise<string> {
  const refused = (error: unknown) => {
    throw networkError(error, `Network ${named} could not be found.`)
  }
  if (named !== undefined) return (await neutron.network(named).catch(refused)).id
  const queries: Record<string, string>[] = [{ project_id: projectId }, { shared: 'true' }]
  const found = await Promise.all(queries.map((query) => neutron.networks(query))).catch(refused)
  const [network, another] = new Set(found.flat().map(({ id }) => id))
  if (network === undefined) {
    throw badRequest(`No specific network was requested and none are available for project '${projectId}'.`, {
      code: 'no_network',
    })
  }
  if (another === undefined) return network
  throw badRequest(
    'More than one possible network found. Specify network ID(s) to select which one(s) to connect to.',
    { code: 'network_ambiguous' },
  )
}
