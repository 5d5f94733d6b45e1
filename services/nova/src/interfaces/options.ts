import type { RequestContext } from '@longhaul/oslo/context'
import type { Logger } from '@longhaul/oslo/log'
import type { Enforcer } from '@longhaul/oslo/policy'
import type { DeviceOperationOptions, DeviceServer } from '../device-operations.ts'
import type { NetworkClient } from '../neutron.ts'
import type { InterfaceStore } from './store.ts'

/** What the ports of servers need of others. */
export interface InterfacesOptions extends DeviceOperationOptions {
  store: InterfaceStore
  policy: Enforcer
  servers: {
    /** @throws ApiError 403, 404 */
    authorized(context: RequestContext, id: string, action: string): Promise<DeviceServer>
  }
  /** The Networking service as the user of a request. */
  network: (
    context: RequestContext,
  ) => Pick<NetworkClient, 'network' | 'networks' | 'port' | 'portsOf' | 'createPort' | 'deletePort'>
  logger: Logger
}
