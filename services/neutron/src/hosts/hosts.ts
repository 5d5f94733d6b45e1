import type { Kysely } from 'kysely'
import type { NeutronTables } from '../db/tables.ts'
import type { Agents } from '../ml2/agents.ts'
import { socketName } from '../ml2/agents.ts'
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

  /** Notes that a host's agent lives, and which guests are plugged in there. */
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
      .select(['ports.id', 'ports.network_id', 'ports.mac_address', 'ports.admin_state_up'])
      .where('host', '=', host)
      .where('vif_type', '=', 'stream')
      .orderBy('ports.id')
      .execute()
    const alive = await agents.alive()
    return {
      version,
      ports: rows.map(({ admin_state_up: up, ...port }) => ({
        ...port,
        socket: socketName(port.id),
        admin_state_up: up === 1,
      })),
      peers: alive
        .filter((agent) => agent.host !== host)
        .map(({ host: peer, link }) => ({ host: peer, link })),
    }
  }
}
