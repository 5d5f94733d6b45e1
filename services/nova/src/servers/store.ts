import { sql, type Kysely, type Transaction } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import type { Fault, ServerRow } from './server.ts'

export interface ServerFilter {
  /** Absent: of all projects. */
  projectId?: string
  userId?: string
  /** A regular expression, as in Nova. */
  name?: string
  vmStates?: readonly string[]
  host?: string
  imageId?: string
  flavorId?: string
}

/** SQL about servers; rules are elsewhere. */
export class ServerStore {
  readonly db: Kysely<NovaTables>

  constructor(db: Kysely<NovaTables>) {
    this.db = db
  }

  async find(id: string): Promise<ServerRow | undefined> {
    return await this.db
      .selectFrom('servers')
      .selectAll()
      .where('id', '=', id)
      .where('deleted_at', 'is', null)
      .executeTakeFirst()
  }

  /** Newest first. @param marker the list goes on behind this server */
  async list(filter: ServerFilter, page: { limit: number; marker?: ServerRow }): Promise<ServerRow[]> {
    const equal = {
      project_id: filter.projectId,
      user_id: filter.userId,
      host: filter.host,
      image_id: filter.imageId,
    }
    let query = this.db.selectFrom('servers').selectAll().where('deleted_at', 'is', null)
    for (const [column, value] of Object.entries(equal) as [keyof typeof equal, string | undefined][]) {
      if (value !== undefined) query = query.where(column, '=', value)
    }
    if (filter.name !== undefined) query = query.where('name', '~', filter.name)
    if (filter.vmStates) query = query.where('vm_state', 'in', [...filter.vmStates, ''])
    if (filter.flavorId !== undefined) query = query.where(sql`flavor ->> 'id'`, '=', filter.flavorId)
    if (page.marker) {
      const { created_at, id } = page.marker
      query = query.where(sql<boolean>`(created_at, id) < (${created_at}, ${id})`)
    }
    return await query.orderBy('created_at', 'desc').orderBy('id', 'desc').limit(page.limit).execute()
  }

  /** The latest fault of each server that has one. */
  async faults(serverIds: readonly string[]): Promise<Map<string, Fault>> {
    if (serverIds.length === 0) return new Map()
    const rows = await this.db
      .selectFrom('instance_faults')
      .distinctOn('server_id')
      .selectAll()
      .where('server_id', 'in', serverIds)
      .orderBy('server_id')
      .orderBy('id', 'desc')
      .execute()
    return new Map(rows.map((row) => [row.server_id, row]))
  }

  async transaction<T>(work: (trx: Transaction<NovaTables>) => Promise<T>): Promise<T> {
    return await this.db.transaction().execute(work)
  }
}

/** The row, for this transaction alone; undefined if there is no such server. */
export async function lockServer(trx: Transaction<NovaTables>, id: string): Promise<ServerRow | undefined> {
  return await trx
    .selectFrom('servers')
    .selectAll()
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .forUpdate()
    .executeTakeFirst()
}

export async function insertServer(trx: Transaction<NovaTables>, server: ServerRow): Promise<void> {
  const { flavor, metadata, ...rest } = server
  await trx
    .insertInto('servers')
    .values({ ...rest, flavor: JSON.stringify(flavor), metadata: JSON.stringify(metadata) })
    .execute()
}

/**
 * Gives a server to an operation if nothing runs on it.
 *
 * @returns whether the server was free
 */
export async function takeServer(
  trx: Transaction<NovaTables>,
  id: string,
  hold: { operationId: string; taskState: string; now: Date },
): Promise<boolean> {
  const taken = await trx
    .updateTable('servers')
    .set({ task_state: hold.taskState, operation_id: hold.operationId, updated_at: hold.now })
    .where('id', '=', id)
    .where('task_state', 'is', null)
    .where('deleted_at', 'is', null)
    .executeTakeFirst()
  return taken.numUpdatedRows > 0n
}
