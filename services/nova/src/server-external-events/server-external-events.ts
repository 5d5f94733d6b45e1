import { ClientException } from '@longhaul/keystoneauth'
import { ApiError } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Logger } from '@longhaul/oslo/log'
import type { Enforcer } from '@longhaul/oslo/policy'
import { beginOrRefuse, type DeviceOperationOptions } from '../device-operations.ts'
import type { DetachInterfaceInput } from '../operations/detach-interface.ts'
import type { ExtendVolumeInput } from '../operations/extend-volume.ts'
import type { NetworkClient } from '../neutron.ts'
import type { ExternalEvent } from './schema.ts'
import type { ExternalEventStore } from './store.ts'

export interface ExternalEventsOptions extends DeviceOperationOptions {
  store: ExternalEventStore
  policy: Enforcer
  /** The Networking service as who tells. */
  network: (context: RequestContext) => Pick<NetworkClient, 'network' | 'port'>
  logger: Logger
}

/** An event with what became of it. */
export interface JudgedEvent extends ExternalEvent {
  status: NonNullable<ExternalEvent['status']>
  /** As an HTTP status: 200; 400 if it does not say of what; 404 without such a server; 422 if it is on no host. */
  code: 200 | 400 | 404 | 422
}

/**
 * What other services tell of servers. A port that was deleted is taken from its machine, one that was changed is looked at
 * anew, and of a volume that was extended the machine is shown the new size. No operation waits for the other
 * events: whether a port is plugged is the Networking service's affair, and its status shows it.
 */
export class ExternalEvents {
  readonly #options: ExternalEventsOptions

  constructor(options: ExternalEventsOptions) {
    this.#options = options
  }

  /** @throws ApiError 403 @see openstack/nova nova/api/openstack/compute/server_external_events.py, create */
  async take(context: RequestContext, events: readonly ExternalEvent[]): Promise<JudgedEvent[]> {
    const { policy, store, logger } = this.#options
    policy.authorize('os_compute_api:os-server-external-events:create', {}, context)
    const hosts = await store.hosts([...new Set(events.map((event) => event.server_uuid))])
    const judged = events.map((event): JudgedEvent => {
      const host = hosts.get(event.server_uuid)
      if (host === undefined) return { ...event, status: 'failed', code: 404 }
      if (host === null) return { ...event, status: 'failed', code: 422 }
      if (event.name === 'volume-extended' && event.tag === undefined) {
        return { ...event, status: 'failed', code: 400 }
      }
      return { ...event, status: event.status ?? 'completed', code: 200 }
    })
    for (const event of judged) {
      const { name, server_uuid: server, status, tag, code } = event
      logger.info({ name, server, status, tag, code }, 'external event')
      if (code !== 200) continue
      if (name === 'network-vif-deleted') await this.#detach(context, event)
      if (name === 'network-changed') await this.#describe(context, event)
      if (name === 'volume-extended') await this.#extend(context, event)
    }
    return judged
  }

  /** What cannot be looked at now keeps its addresses until something changes again. */
  async #describe(context: RequestContext, { server_uuid: id, tag }: ExternalEvent): Promise<void> {
    const { store, network, logger } = this.#options
    const row = tag === undefined ? undefined : await store.port(id, tag)
    if (!row) return
    try {
      const port = await network(context).port(tag!)
      await store.describe(row.uuid, { port, network: await network(context).network(port.network_id) })
    } catch (error) {
      if (!(error instanceof ClientException)) throw error
      logger.warn({ err: error, server: id, port: tag }, 'a port that was changed cannot be looked at')
    }
  }

  /** One that the server loses already is left to that. */
  async #detach(context: RequestContext, { server_uuid: id, tag }: ExternalEvent): Promise<void> {
    const row = tag === undefined ? undefined : await this.#options.store.port(id, tag)
    if (!row) return
    const input: DetachInterfaceInput = { uuid: row.uuid, portId: tag! }
    await this.#begin(context, id, { kind: 'detach-interface', input })
  }

  /** A machine that is off sees it when it is started. */
  async #extend(context: RequestContext, { server_uuid: id, tag }: ExternalEvent): Promise<void> {
    if (tag === undefined || !(await this.#options.store.hasVolume(id, tag))) return
    const input: ExtendVolumeInput = { volumeId: tag }
    await this.#begin(context, id, { kind: 'extend-volume', input })
  }

  /** A server that is busy is told later, one in a state in which its devices do not change has them as they were. */
  async #begin(
    context: RequestContext,
    id: string,
    operation: { kind: 'detach-interface' | 'extend-volume'; input: object },
  ): Promise<void> {
    const { store, logger } = this.#options
    try {
      await store.transaction((trx) =>
        beginOrRefuse(this.#options, trx, context, { id }, operation, { behindTask: true }),
      )
    } catch (error) {
      if (!(error instanceof ApiError)) throw error
      logger.warn({ err: error, server: id, ...operation }, 'what was told does not reach the machine')
    }
  }
}
