import { sql, type Kysely, type Selectable } from 'kysely'
import type { HostsTable, NovaTables, ServicesTable } from '../db/tables.ts'

/** A host, its nova-compute, and what its servers take of it. */
export type Hypervisor = Selectable<HostsTable> & {
  service: Selectable<ServicesTable>
  /** Sums over the servers on the host. */
  used: { vcpus: number; ram: number; disk: number; busy: number }
  servers: { uuid: string; name: string }[]
}

export interface HypervisorFilter {
  id?: number
  uuid?: string
  /** Part of the name. */
  pattern?: string
}

/** SQL about hypervisors. */
export class HypervisorStore {
  readonly #db: Kysely<NovaTables>

  constructor(db: Kysely<NovaTables>) {
    this.#db = db
  }

  /** In the order in which they were first seen. @param page.after number of the last one of the page before */
  async list(filter: HypervisorFilter, page: { limit?: number; after?: number } = {}): Promise<Hypervisor[]> {
    const { id, uuid, pattern } = filter
    const { limit, after } = page
    const hosts = await this.#db
      .selectFrom('hosts')
      .innerJoin('services', (join) =>
        join.onRef('services.host', '=', 'hosts.host').on('services.binary', '=', 'nova-compute'),
      )
      .selectAll('hosts')
      .select(sql<Selectable<ServicesTable>>`to_jsonb(services)`.as('service'))
      .$if(id !== undefined, (query) => query.where('hosts.id', '=', id!))
      .$if(uuid !== undefined, (query) => query.where('hosts.uuid', '=', uuid!))
      .$if(pattern !== undefined, (query) =>
        query.where(sql<boolean>`position(${pattern} in hosts.host) > 0`),
      )
      .$if(after !== undefined, (query) => query.where('hosts.id', '>', after!))
      .orderBy('hosts.id')
      .$if(limit !== undefined, (query) => query.limit(limit!))
      .execute()
    const servers = await this.#servers(hosts.map(({ host }) => host))
    return hosts.map((host) => {
      const here = servers.filter((server) => server.host === host.host)
      const sum = (part: 'vcpus' | 'ram' | 'disk') =>
        here.reduce((total, { flavor }) => total + flavor[part], 0)
      const { reported_at: reported, created_at: created } = host.service
      return {
        ...host,
        service: { ...host.service, reported_at: new Date(reported), created_at: new Date(created) },
        used: {
          vcpus: sum('vcpus'),
          ram: sum('ram'),
          disk: sum('disk'),
          busy: here.filter((server) => server.task_state !== null).length,
        },
        servers: here.map(({ id: serverId, name }) => ({ uuid: serverId, name })),
      }
    })
  }

  async #servers(hosts: readonly string[]) {
    if (hosts.length === 0) return []
    return await this.#db
      .selectFrom('servers')
      .select(['id', 'name', 'host', 'flavor', 'task_state'])
      .where('host', 'in', hosts)
      .where('deleted_at', 'is', null)
      .orderBy('created_at')
      .orderBy('id')
      .execute()
  }
}
