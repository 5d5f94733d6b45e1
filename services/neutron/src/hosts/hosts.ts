import type { Kysely } from 'kysely'
import type { NeutronTables } from '../db/tables.ts'
import type { Agents } from '../ml2/agents.ts'
import type { PortListener } from '../ml2/port-listener.ts'
import { refreshStatus } from '../ml2/records.ts'
import type { WiringSignals } from '../ml2/wiring-signals.ts'
import type { HostReport } from './schema.ts'

export interface HostParts {
  db: Kysely<NeutronTables>
  agents: Agents
  signals: WiringSignals
  listener: PortListener
}

/** What the agents of hosts say, and are told. */
export class Hosts {
  readonly #parts: HostParts

  constructor(parts: HostParts) {
    this.#parts = parts
  }

  /** Notes that a host's agent lives, and which ports are wired there. */
  async report(host: string, { plugged, ...place }: HostReport): Promise<void> {
    const { db, agents, signals, listener } = this.#parts
    signals.announce(await agents.report({ host, ...place }))
    const now = new Set(plugged)
    const bindings = await db
      .selectFrom('port_bindings')
      .select(['port_id', 'plugged'])
      .where('host', '=', host)
      .execute()
    for (const { port_id: id } of bindings.filter((one) => (one.plugged === 1) !== now.has(one.port_id))) {
      const told = await this.#setPlugged(host, id, now.has(id))
      if (told) listener.statusChanged(told.port, told.status)
    }
  }

  /** @returns what is to be told: a port has another status, or a guest was plugged in where it is about to move */
  async #setPlugged(host: string, id: string, plugged: boolean) {
    return await this.#parts.db.transaction().execute(async (trx) => {
      // The port's row is the lock of its bindings.
      const port = await trx
        .updateTable('ports')
        .set((eb) => ({ revision_number: eb('revision_number', '+', 1) }))
        .where('id', '=', id)
        .returning(['id', 'device_id', 'device_owner'])
        .executeTakeFirst()
      const binding = await trx
        .updateTable('port_bindings')
        .set({ plugged: Number(plugged) })
        .where('port_id', '=', id)
        .where('host', '=', host)
        .returning('status')
        .executeTakeFirst()
      if (!port || !binding) return undefined
      const { before, after } = await refreshStatus(trx, id)
      if (before !== after) return { port, status: after }
      return binding.status === 'INACTIVE' && plugged ? { port, status: 'ACTIVE' } : undefined
    })
  }

  /**
   * What a host has to wire, as soon as it differs from what it has wired.
   *
   * @param since version that the agent has wired @param wait milliseconds to wait for another
   */
  async ports(host: string, since: number, wait: number): Promise<Record<string, unknown>> {
    const { db, signals, agents } = this.#parts
    const version = await signals.change(host, since, wait)
    const rows = await db
      .selectFrom('port_bindings')
      .innerJoin('ports', 'ports.id', 'port_bindings.port_id')
      .select(['ports.id', 'network_id', 'mac_address', 'allowed_address_pairs', 'admin_state_up'])
      .select(['vif_details', 'udp_port'])
      .where('host', '=', host)
      .where('vif_type', '=', 'dgram')
      .orderBy('ports.id')
      .execute()
    const alive = await agents.alive()
    return {
      version,
      ports: rows.map((row) => ({
        id: row.id,
        network_id: row.network_id,
        mac_addresses: macAddresses(row),
        // What running guests know stays, wherever the agent of today has new ones send to.
        local_ip: (JSON.parse(row.vif_details) as { host: string }).host,
        udp_port: row.udp_port,
        admin_state_up: row.admin_state_up === 1,
      })),
      peers: alive
        .filter((agent) => agent.host !== host)
        .map(({ host: peer, link }) => ({ host: peer, link })),
    }
  }
}

/** What a guest may send from. */
function macAddresses(port: { mac_address: string; allowed_address_pairs: string }): string[] {
  const pairs = JSON.parse(port.allowed_address_pairs) as { mac_address: string }[]
  return [...new Set([port.mac_address, ...pairs.map((pair) => pair.mac_address)])]
}
