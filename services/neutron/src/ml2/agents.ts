import type { Kysely, Selectable, Transaction } from 'kysely'
import type { AgentTable, NeutronTables } from '../db/tables.ts'
import { bindingFailed, unbound, type Wiring } from './binding.ts'

type Queries = Kysely<NeutronTables> | Transaction<NeutronTables>
export type Agent = Selectable<AgentTable>

export interface AgentsOptions {
  db: Kysely<NeutronTables>
  /** Milliseconds after which an agent that is silent counts as dead; read at each use. */
  downTime: () => number
  /** A whole number from 0 to below its argument. */
  random: (below: number) => number
  now: () => Date
}

/** The L2 agents of hosts, and how they wire ports. */
export class Agents {
  readonly #options: AgentsOptions

  constructor(options: AgentsOptions) {
    this.#options = options
  }

  async get(host: string): Promise<Agent | undefined> {
    const { db } = this.#options
    return await db.selectFrom('agents').selectAll().where('host', '=', host).executeTakeFirst()
  }

  /** Agents that live. */
  async alive(): Promise<Agent[]> {
    return await this.#alive(this.#options.db)
  }

  async #alive(db: Queries): Promise<Agent[]> {
    const { downTime, now } = this.#options
    const since = new Date(now().getTime() - downTime()).toISOString()
    return await db.selectFrom('agents').selectAll().where('seen_at', '>', since).orderBy('host').execute()
  }

  /**
   * Notes that an agent lives, and where it is.
   *
   * @returns hosts that have something new to wire, as others are to be linked to them
   */
  async report(agent: Omit<Agent, 'seen_at' | 'wanted' | 'wired'>): Promise<string[]> {
    const { db } = this.#options
    const before = (await this.alive()).find((one) => one.host === agent.host)
    const row = { ...agent, seen_at: this.#options.now().toISOString() }
    await db
      .insertInto('agents')
      .values({ ...row, wanted: 1, wired: 0 })
      .onConflict((found) => found.column('host').doUpdateSet(row))
      .execute()
    if (before?.link === agent.link) return []
    const hosts = (await this.alive()).map(({ host }) => host)
    await this.want(db, hosts)
    return hosts
  }

  /**
   * How a port is wired on a host: guests send datagrams to a port of their own at the host's switch. It is for the
   * transaction that makes the binding.
   */
  async wiring(trx: Transaction<NeutronTables>, host: string): Promise<Wiring> {
    if (host === '') return unbound
    // The agent's row is the lock of its ports.
    await this.want(trx, [host])
    const agent = (await this.#alive(trx)).find((one) => one.host === host)
    const udp_port = agent && (await this.#freePort(trx, agent))
    if (!agent || udp_port === undefined) return bindingFailed
    return {
      vif_type: 'dgram',
      vif_details: { host: agent.local_ip, port: udp_port, port_filter: false, connectivity: 'l2' },
      udp_port,
    }
  }

  /** Somewhere else each time: a guest that is slow to end does not send to the port that came after its own. */
  async #freePort(trx: Queries, { host, first_port: first, last_port: last }: Agent) {
    const rows = await trx
      .selectFrom('port_bindings')
      .select('udp_port')
      .where('host', '=', host)
      .where('udp_port', 'is not', null)
      .execute()
    const taken = new Set(rows.map(({ udp_port }) => udp_port))
    const size = last - first + 1
    const start = this.#options.random(size)
    for (let step = 0; step < size; step++) {
      const port = first + ((start + step) % size)
      if (!taken.has(port)) return port
    }
    return undefined
  }

  /** Counts what hosts have to wire, in the transaction that changes it. */
  async want(trx: Queries, hosts: readonly string[]): Promise<void> {
    const named = hosts.filter((host) => host !== '')
    if (named.length === 0) return
    await trx
      .updateTable('agents')
      .set((eb) => ({ wanted: eb('wanted', '+', 1) }))
      .where('host', 'in', named)
      .execute()
  }
}
