import { badRequest } from '@longhaul/oslo/api'
import { availableNetworks } from '../available-networks.ts'
import { networkError } from '../network-errors.ts'
import type { NetworkClient } from '../neutron.ts'

/**
 * The network for a new port: the one that was named, or the only one that the project has or shares.
 *
 * @throws ApiError 400 if there is none or more than one; as `networkError`
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
  const [network, another] = await availableNetworks(neutron, projectId).catch(refused)
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
