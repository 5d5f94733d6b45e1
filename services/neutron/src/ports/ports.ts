import { notFound } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Guard, Target } from '../api/guard.ts'
import { markerNotFound, type ListQuery } from '../api/list-query.ts'
import { isStorable } from '../api/storable.ts'
import type { PortChanges } from './changes.ts'
import { portDocument, type PortCreation, type PortUpdate } from './schema.ts'
import type { PortStore, WholePort } from './store.ts'
import { portTarget, type TargetNetwork } from './target.ts'
import { ownerOf } from '../api/owner.ts'
import { assertNoSecurityGroups, writtenAttributes } from './written-attributes.ts'

/** As much of networks as ports need. */
export interface PortNetworks {
  /** A network that the caller sees. @throws ApiError 404 `NetworkNotFound` */
  visible(context: RequestContext, id: string): Promise<{ id: string; project_id: string; shared: boolean }>
}

export interface PortParts {
  store: PortStore
  networks: PortNetworks
  guard: Guard
  changes: PortChanges
}

/** The rules of ports: who may do what. */
export class Ports {
  readonly #parts: PortParts

  constructor(parts: PortParts) {
    this.#parts = parts
  }

  /** @throws ApiError 400; 403; 404 `NetworkNotFound`; 409 as `PortChanges.create` */
  async create(context: RequestContext, given: PortCreation): Promise<Record<string, unknown>> {
    const { guard, networks, changes } = this.#parts
    const network = await networks.visible(context, given.network_id)
    // A service makes ports for the project it works for.
    const project_id = ownerOf(context, given, guard.seesAll(context))
    const target = portTarget({ project_id, device_owner: given.device_owner ?? '' }, network)
    guard.authorize(context, 'create_port', target, writtenAttributes(given, 'create'))
    assertNoSecurityGroups(given.security_groups)
    const port = await changes.create(given, project_id)
    return this.#shown(context, port, network)
  }

  /** @throws ApiError 404 `PortNotFound` if the marker is none */
  async list(context: RequestContext, query: ListQuery): Promise<Record<string, unknown>[]> {
    const { guard, store } = this.#parts
    const ports = await store.list(query, guard.seesAll(context) ? undefined : (context.projectId ?? ''))
    if (!ports) throw markerNotFound('PortNotFound', query.marker ?? '')
    const networks = await store.networks([...new Set(ports.map(({ row }) => row.network_id))])
    // Whether an attribute has a value is known to those alone who see it.
    const asked = Object.keys(query.others)
    const visible = (target: Target) =>
      guard.allows(context, 'get_port', target) &&
      asked.every((name) => guard.sees(context, 'port', name, target))
    return ports
      .filter(({ row }) => visible(portTarget(row, networks.get(row.network_id))))
      .map((port) => this.#shown(context, port, networks.get(port.row.network_id)))
  }

  /** @throws ApiError 404 `PortNotFound` */
  async show(context: RequestContext, id: string): Promise<Record<string, unknown>> {
    const { port, network } = await this.visible(context, id)
    return this.#shown(context, port, network)
  }

  /** A port that the caller sees, and what rules look at. @throws ApiError 404 `PortNotFound` */
  async visible(
    context: RequestContext,
    id: string,
  ): Promise<{ port: WholePort; network: TargetNetwork | undefined; target: Target }> {
    const { guard, store } = this.#parts
    const port = isStorable(id) ? await store.get(id) : undefined
    if (!port) throw missingPort(id)
    const network = (await store.networks([port.row.network_id])).get(port.row.network_id)
    const target = portTarget(port.row, network)
    guard.assertVisible(context, 'port', target, missingPort(id))
    return { port, network, target }
  }

  /** @throws ApiError 400; 403; 404; 409 as `PortChanges.update`; 412 */
  async update(
    context: RequestContext,
    id: string,
    given: PortUpdate,
    expected: number | undefined,
  ): Promise<Record<string, unknown>> {
    const { guard, changes } = this.#parts
    const { port, network } = await this.visible(context, id)
    const target = portTarget({ ...port.row, device_owner: given.device_owner ?? '' }, network)
    guard.authorize(context, 'update_port', target, writtenAttributes(given, 'update'))
    assertNoSecurityGroups(given.security_groups)
    const updated = await changes.update(id, given, expected)
    if (!updated) throw missingPort(id)
    return this.#shown(context, updated, network)
  }

  /** @throws ApiError 403; 404; 412 */
  async delete(context: RequestContext, id: string, expected: number | undefined): Promise<void> {
    const { guard, changes } = this.#parts
    const { target } = await this.visible(context, id)
    guard.authorize(context, 'delete_port', target)
    if (!(await changes.delete(id, expected))) throw missingPort(id)
  }

  #shown(context: RequestContext, { row, fixedIps, binding }: WholePort, network: TargetNetwork | undefined) {
    const document = portDocument(row, fixedIps, binding)
    return this.#parts.guard.shown(context, 'port', document, portTarget(row, network))
  }
}

function missingPort(id: string) {
  return notFound(`Port ${id} could not be found.`, { code: 'PortNotFound' })
}
