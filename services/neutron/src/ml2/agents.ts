import type { Kysely, Selectable, Transaction } from 'kysely'
import type { AgentTable, NeutronTables } from '../db/tables.ts'
import { bindingFailed, unbound, type Wiring } from './binding.ts'

type Queries = Kysely<NeutronTables> | Transaction<NeutronTables>
export type Agent = Selectable<AgentTable>

export interface AgentsOptions {
  db: Kysely<NeutronTables>
  /** Milliseconds after which an agent that is silent counts as dead; read at each use. */
  downTime: () => number
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
    const { db, downTime, now } = this.#options
    const since = new Date(now().getTime() - downTime()).toISOString()
    return await db.selectFrom('agents').selectAll().where('seen_at', '>', since).orderBy('host').execute()
  }

  /**
   * Notes that an agent lives, and where it is.
   *
   * @returns hosts that have something new to wire, as others are to be linked to them
   */
  async report(agent: Pick<Agent, 'host' | 'socket_directory' | 'link'>): Promise<string[]> {
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

  /** How a port is wired on a host: by a socket of its switch that QEMU connects to. */
  async wiring(portId: string, host: string): Promise<Wiring> {
    if (host === '') return unbound
    const agent = (await this.alive()).find((one) => one.host === host)
    if (!agent) return bindingFailed
    return {
      vif_type: 'stream',
      vif_details: {
        path: `${agent.socket_directory}/${socketName(portId)}`,
        port_filter: false,
        connectivity: 'l2',
      },
    }
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

/** The path of a socket has 107 characters at most, so that its name is short; as of the interfaces of other drivers. */
export function socketName(portId: string): string {
  return `tap${portId.slice(0, 11)}`
}
