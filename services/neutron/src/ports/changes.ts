import type { Transaction } from 'kysely'
import { conflict, notFound } from '@longhaul/oslo/api'
import { standardRow } from '../api/standard-attributes.ts'
import { takeRow } from '../api/revisions.ts'
import type { NeutronTables } from '../db/tables.ts'
import { chooseAddresses, type FixedIp, type WantedIp } from '../ipam/allocate.ts'
import type { Agents } from '../ml2/agents.ts'
import type { Binding } from '../ml2/binding.ts'
import type { PortListener } from '../ml2/port-listener.ts'
import { bindingRecords, refreshStatus } from '../ml2/records.ts'
import type { PortCreation, PortUpdate } from './schema.ts'
import type { PortStore, WholePort } from './store.ts'

export interface PortChangesParts {
  store: PortStore
  agents: Agents
  listener: PortListener
  /** Lets a project have one more. @throws ApiError 409 `OverQuota` */
  assertRoom: (trx: Transaction<NeutronTables>, projectId: string) => Promise<void>
  /** A MAC address that nobody is likely to have. */
  newMac: () => string
  /** A whole number from 0 to below its argument. */
  random: (below: number) => number
  now: () => Date
  randomUUID: () => string
}

type Pair = { ip_address: string; mac_address?: string | undefined }

/** Makes, changes and deletes ports with their addresses and the binding that is active. */
export class PortChanges {
  readonly #parts: PortChangesParts

  constructor(parts: PortChangesParts) {
    this.#parts = parts
  }

  /**
   * @throws ApiError 400 and 409 as `chooseAddresses`; 404 `NetworkNotFound`; 409 `MacAddressInUse`, `OverQuota`
   */
  async create(given: PortCreation, project_id: string): Promise<WholePort> {
    const { store, assertRoom, newMac, randomUUID, now } = this.#parts
    const id = randomUUID()
    const host = given['binding:host_id'] ?? ''
    const port = await store.choosing(async (trx) => {
      await assertRoom(trx, project_id)
      const mac = given.mac_address ?? newMac()
      if (given.mac_address !== undefined) await this.#assertFreeMac(trx, given.network_id, mac)
      await store.insert(trx, {
        ...standardRow(given, { id, project_id, time: now().toISOString() }),
        network_id: given.network_id,
        mac_address: mac,
        admin_state_up: Number(given.admin_state_up ?? true),
        status: 'DOWN',
        device_id: given.device_id ?? '',
        device_owner: given.device_owner ?? '',
        allowed_address_pairs: pairsText(given.allowed_address_pairs ?? [], mac),
      })
      await this.#address(trx, { id, networkId: given.network_id, mac }, given.fixed_ips, [])
      await this.#bind(trx, id, given)
      return (await store.whole(trx, id))!
    })
    if (port === 'gone') {
      throw notFound(`Network ${given.network_id} could not be found.`, { code: 'NetworkNotFound' })
    }
    return await this.#wired(port, [host])
  }

  /** @returns undefined if there is none @throws ApiError 400 and 409 as `create`; 409 `PortBound`; 412 */
  async update(id: string, given: PortUpdate, expected: number | undefined): Promise<WholePort | undefined> {
    const { store, agents, listener, now } = this.#parts
    const wanted = given['binding:host_id']
    const hosts = new Set<string>()
    const result = await store.choosing(async (trx) => {
      hosts.clear()
      const taken = await takeRow(trx, 'ports', id, { time: now().toISOString(), expected })
      if (!taken) return undefined
      const { row, fixedIps, binding } = (await store.whole(trx, id))!
      const mac = given.mac_address ?? row.mac_address
      if (mac !== row.mac_address) {
        if (binding && binding.host !== '') throw bound(id, binding, row.mac_address, mac)
        await this.#assertFreeMac(trx, row.network_id, mac)
      }
      const {
        name,
        description,
        device_id,
        device_owner,
        admin_state_up,
        allowed_address_pairs: pairs,
      } = given
      const set = {
        mac_address: mac,
        ...(name === undefined ? {} : { name }),
        ...(description === undefined ? {} : { description }),
        ...(device_id === undefined ? {} : { device_id }),
        ...(device_owner === undefined ? {} : { device_owner }),
        ...(admin_state_up === undefined ? {} : { admin_state_up: Number(admin_state_up) }),
        ...(pairs === undefined ? {} : { allowed_address_pairs: pairsText(pairs, mac) }),
      }
      await trx.updateTable('ports').set(set).where('id', '=', id).execute()
      if (given.fixed_ips !== undefined) {
        await this.#address(trx, { id, networkId: row.network_id, mac }, given.fixed_ips, fixedIps)
      }
      if (!binding) {
        // What was deleted is made anew where the port is wanted.
        if (wanted !== undefined) hosts.add((await this.#bind(trx, id, given)).host)
      } else {
        const changed: Binding = {
          ...binding,
          profile: given['binding:profile'] ?? binding.profile,
          vnic_type: given['binding:vnic_type'] ?? binding.vnic_type,
          ...(isRebound(binding, wanted) ? await this.#placed(trx, id, wanted) : {}),
        }
        if (changed.host !== binding.host) await bindingRecords.delete(trx, id, changed.host)
        await bindingRecords.replace(trx, binding.host, changed)
        for (const { host } of [binding, changed]) hosts.add(host)
      }
      await agents.want(trx, [...hosts])
      const status = await refreshStatus(trx, id)
      return { port: (await store.whole(trx, id))!, status }
    })
    if (result === undefined || result === 'gone') return undefined
    const { port, status } = result
    if (status.before !== status.after) listener.statusChanged(port.row, status.after)
    listener.updated(port.row)
    return await this.#wired(port, [...hosts])
  }

  /** @returns whether there was one @throws ApiError 412 */
  async delete(id: string, expected: number | undefined): Promise<boolean> {
    const { store, agents, listener, now } = this.#parts
    const deleted = await store.choosing(async (trx) => {
      const row = await takeRow(trx, 'ports', id, { time: now().toISOString(), expected })
      if (!row) return undefined
      const bindings = await bindingRecords.of(trx, [id])
      await trx.deleteFrom('ports').where('id', '=', id).execute()
      await agents.want(
        trx,
        bindings.map(({ host }) => host),
      )
      return { row, hosts: bindings.map(({ host }) => host) }
    })
    if (deleted === undefined || deleted === 'gone') return false
    listener.deleted(deleted.row)
    listener.unwired(deleted.hosts)
    return true
  }

  /** A port as it is once its hosts have wired it, which makes it ACTIVE. */
  async #wired(port: WholePort, hosts: readonly string[]): Promise<WholePort> {
    if (hosts.every((host) => host === '')) return port
    await this.#parts.listener.wired(hosts)
    return (await this.#parts.store.get(port.row.id)) ?? port
  }

  /** Gives a port that has none the binding that is active. */
  async #bind(
    trx: Transaction<NeutronTables>,
    id: string,
    given: Pick<PortCreation, 'binding:host_id' | 'binding:vnic_type' | 'binding:profile'>,
  ): Promise<Binding> {
    const host = given['binding:host_id'] ?? ''
    const binding: Binding = {
      port_id: id,
      vnic_type: given['binding:vnic_type'] ?? 'normal',
      profile: given['binding:profile'] ?? {},
      ...(await this.#placed(trx, id, host)),
      status: 'ACTIVE',
    }
    // It takes the place of one that was prepared there.
    await bindingRecords.delete(trx, id, host)
    await bindingRecords.insert(trx, binding)
    return binding
  }

  /** As the port is wired on another host; one that was prepared there stays so: a guest may use it. */
  async #placed(trx: Transaction<NeutronTables>, id: string, host: string) {
    const bindings = await bindingRecords.of(trx, [id])
    const prepared = bindings.find((one) => one.host === host && one.udp_port !== null)
    if (!prepared) return { host, ...(await this.#parts.agents.wiring(trx, host)), plugged: false }
    const { vif_type, vif_details, udp_port, plugged } = prepared
    return { host, vif_type, vif_details, udp_port, plugged }
  }

  async #address(
    trx: Transaction<NeutronTables>,
    port: { id: string; networkId: string; mac: string },
    wanted: readonly WantedIp[] | undefined,
    held: readonly FixedIp[],
  ): Promise<void> {
    const { store, random } = this.#parts
    const chosen = await chooseAddresses(trx, {
      networkId: port.networkId,
      macAddress: port.mac,
      wanted,
      held,
      random,
    })
    await store.setFixedIps(trx, port.id, chosen)
  }

  async #assertFreeMac(trx: Transaction<NeutronTables>, networkId: string, mac: string): Promise<void> {
    if (!(await this.#parts.store.isMacTaken(trx, networkId, mac))) return
    throw conflict(
      `Unable to complete operation for network ${networkId}. The mac address ${mac} is in use.`,
      { code: 'MacAddressInUse' },
    )
  }
}

/** A host that was named is tried again where the last try failed. */
function isRebound(binding: Binding, wanted: string | undefined): wanted is string {
  if (wanted === undefined) return false
  return wanted !== binding.host || binding.vif_type === 'binding_failed'
}

function pairsText(pairs: readonly Pair[], mac: string): string {
  return JSON.stringify(
    pairs.map((pair) => ({ ip_address: pair.ip_address, mac_address: pair.mac_address ?? mac })),
  )
}

function bound(id: string, binding: Binding, before: string, after: string) {
  return conflict(
    `Unable to complete operation on port ${id}, port is already bound, port type: ${binding.vif_type}, old_mac ${before}, new_mac ${after}.`,
    { code: 'PortBound' },
  )
}
