import { notFound } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import {
  assertTakesOperation,
  beginOrRefuse,
  type DeviceOperation,
  type DeviceServer,
} from '../device-operations.ts'
import { networkError } from '../network-errors.ts'
import type { DetachInterfaceInput } from '../operations/detach-interface.ts'
import { assertUnlocked } from '../server-guards.ts'
import { attachInterface } from './attach.ts'
import type { InterfacesOptions } from './options.ts'
import type { AttachRequest } from './schema.ts'
import type { ShownInterface } from './view.ts'

const uuidShape = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i

type Action = 'list' | 'show' | 'create' | 'delete'

/** The ports of servers: who may do what, and in which state. */
export class Interfaces {
  readonly #options: InterfacesOptions

  constructor(options: InterfacesOptions) {
    this.#options = options
  }

  /** What the Networking service says that the server has. @throws ApiError 403, 404; as `networkError` */
  async list(context: RequestContext, serverId: string): Promise<ShownInterface[]> {
    const { store, network } = this.#options
    const server = await this.#authorized(context, serverId, 'list')
    const rows = await store.list(server.id)
    const tags = new Map(rows.map((row) => [row.port_id, row.tag]))
    const ports = await network(context)
      .portsOf(server.id)
      .catch((error: unknown) => {
        throw networkError(error, `Instance ${server.id} could not be found.`)
      })
    return ports.map((port) => ({ port, tag: tags.get(port.id) ?? null }))
  }

  /** @throws ApiError 403, 404; as `networkError` */
  async show(context: RequestContext, serverId: string, portId: string): Promise<ShownInterface> {
    const { store, network } = this.#options
    const server = await this.#authorized(context, serverId, 'show')
    if (!uuidShape.test(portId)) throw notAttached(server.id, portId)
    const row = await store.find(server.id, portId)
    const port = await network(context)
      .port(portId)
      .catch((error: unknown) => {
        throw networkError(error, `Port id ${portId} could not be found.`)
      })
    if (row || port.device_id === server.id) return { port, tag: row?.tag ?? null }
    throw notAttached(server.id, portId)
  }

  /** @throws ApiError as `attachInterface`; 403; 409 also for a server that is locked */
  async attach(context: RequestContext, serverId: string, wanted: AttachRequest): Promise<ShownInterface> {
    const server = await this.#ready(context, serverId, 'create', 'attach-interface')
    return await attachInterface(this.#options, context, server, wanted)
  }

  /** Asking again changes nothing. @throws ApiError 403, 404; 409 for a server that is busy, locked or in another state */
  async detach(context: RequestContext, serverId: string, portId: string): Promise<void> {
    const { store } = this.#options
    const server = await this.#ready(context, serverId, 'delete', 'detach-interface')
    const row = await store.find(server.id, portId)
    if (!row) throw notFound(`Port id ${portId} could not be found.`, { code: 'port_not_attached' })
    const input: DetachInterfaceInput = { uuid: row.uuid, portId }
    await store.transaction((trx) =>
      beginOrRefuse(this.#options, trx, context, server, { kind: 'detach-interface', input }),
    )
  }

  async #ready(
    context: RequestContext,
    serverId: string,
    action: Action,
    kind: DeviceOperation,
  ): Promise<DeviceServer> {
    const server = await this.#authorized(context, serverId, action)
    assertUnlocked(this.#options.policy, context, server)
    assertTakesOperation(server, kind)
    return server
  }

  async #authorized(context: RequestContext, serverId: string, action: Action): Promise<DeviceServer> {
    const rule = `os_compute_api:os-attach-interfaces:${action}`
    return await this.#options.servers.authorized(context, serverId, rule)
  }
}

function notAttached(serverId: string, portId: string) {
  return notFound(`Instance ${serverId} does not have a port with id ${portId}`, {
    code: 'port_not_attached',
  })
}
