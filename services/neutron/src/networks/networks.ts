import { conflict, notFound } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Transaction } from 'kysely'
import type { Guard } from '../api/guard.ts'
import { markerNotFound, type ListQuery } from '../api/list-query.ts'
import { isStorable } from '../api/storable.ts'
import { ownerOf } from '../api/owner.ts'
import { standardRow } from '../api/standard-attributes.ts'
import type { NeutronTables } from '../db/tables.ts'
import { networkDocument, type NetworkCreation, type NetworkDocument, type NetworkUpdate } from './schema.ts'
import type { NetworkRow, NetworkStore } from './store.ts'

export interface NetworkParts {
  store: NetworkStore
  guard: Guard
  /** Lets a project have one more. @throws ApiError 409 `OverQuota` */
  assertRoom: (trx: Transaction<NeutronTables>, projectId: string) => Promise<void>
  /** Bytes of a packet, unless the network says otherwise. */
  defaultMtu: number
  now: () => Date
  randomUUID: () => string
}

/** The rules of networks. */
export class Networks {
  readonly #parts: NetworkParts

  constructor(parts: NetworkParts) {
    this.#parts = parts
  }

  /** @throws ApiError 400, 403, 409 `OverQuota` */
  async create(context: RequestContext, given: NetworkCreation): Promise<Record<string, unknown>> {
    const { guard, store } = this.#parts
    const project_id = ownerOf(context, given, guard.isAdmin(context))
    const shared = given.shared ?? false
    guard.authorize(context, 'create_network', { project_id, shared }, shared ? ['shared'] : [])
    const row = await store.insert(
      {
        ...standardRow(given, { id: this.#parts.randomUUID(), project_id, time: this.#time() }),
        admin_state_up: Number(given.admin_state_up ?? true),
        shared: Number(shared),
        mtu: given.mtu ?? this.#parts.defaultMtu,
        status: 'ACTIVE',
      },
      (trx) => this.#parts.assertRoom(trx, project_id),
    )
    return guard.shown(context, 'network', networkDocument(row, []))
  }

  /** @throws ApiError 404 `NetworkNotFound` if the marker is none */
  async list(context: RequestContext, query: ListQuery): Promise<Record<string, unknown>[]> {
    const { guard, store } = this.#parts
    const rows = await store.list(query, guard.seesAll(context) ? undefined : (context.projectId ?? ''))
    if (!rows) throw markerNotFound('NetworkNotFound', query.marker ?? '')
    return (await this.#documents(rows))
      .filter((network) => guard.allows(context, 'get_network', network))
      .map((network) => guard.shown(context, 'network', network))
  }

  /** @throws ApiError 404 `NetworkNotFound` */
  async show(context: RequestContext, id: string): Promise<Record<string, unknown>> {
    return this.#parts.guard.shown(context, 'network', await this.visible(context, id))
  }

  /** A network that the caller sees. @throws ApiError 404 `NetworkNotFound` */
  async visible(context: RequestContext, id: string): Promise<NetworkDocument> {
    const row = isStorable(id) ? await this.#parts.store.get(id) : undefined
    if (!row) throw missing(id)
    const [document] = await this.#documents([row])
    this.#parts.guard.assertVisible(context, 'network', document!, missing(id))
    return document!
  }

  /**
   * @param expected revision that the caller has seen
   * @throws ApiError 403; 404; 409 `InvalidSharedSetting`; 412
   */
  async update(
    context: RequestContext,
    id: string,
    changes: NetworkUpdate,
    expected: number | undefined,
  ): Promise<Record<string, unknown>> {
    const { guard, store } = this.#parts
    guard.authorize(context, 'update_network', await this.visible(context, id), Object.keys(changes))
    const { admin_state_up, shared, ...others } = changes
    const values = {
      ...others,
      ...(admin_state_up === undefined ? {} : { admin_state_up: Number(admin_state_up) }),
      ...(shared === undefined ? {} : { shared: Number(shared) }),
    }
    const row = await store.update(id, { time: this.#time(), expected }, values, (network, foreignPorts) => {
      if (network.shared === 0 || shared !== false || foreignPorts === 0) return
      throw conflict(
        `Unable to reconfigure sharing settings for network ${network.name}. Multiple tenants are using it.`,
        { code: 'InvalidSharedSetting' },
      )
    })
    if (!row) throw missing(id)
    return guard.shown(context, 'network', (await this.#documents([row]))[0]!)
  }

  /** @throws ApiError 403; 404; 409 `NetworkInUse`; 412 */
  async delete(context: RequestContext, id: string, expected: number | undefined): Promise<void> {
    const { guard, store } = this.#parts
    guard.authorize(context, 'delete_network', await this.visible(context, id))
    const ports = await store.delete(id, { time: this.#time(), expected })
    if (!ports) throw missing(id)
    if (ports.length === 0) return
    throw conflict(
      `Unable to complete operation on network ${id}. There are one or more ports still in use on the network, id for these ports is: ${ports.join(',')}.`,
      { code: 'NetworkInUse' },
    )
  }

  async #documents(rows: readonly NetworkRow[]): Promise<NetworkDocument[]> {
    const subnets = await this.#parts.store.subnets(rows.map(({ id }) => id))
    return rows.map((row) => networkDocument(row, subnets.get(row.id) ?? []))
  }

  #time(): string {
    return this.#parts.now().toISOString()
  }
}

function missing(id: string) {
  return notFound(`Network ${id} could not be found.`, { code: 'NetworkNotFound' })
}
