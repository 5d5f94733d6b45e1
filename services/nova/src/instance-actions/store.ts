import type { Kysely, Selectable } from 'kysely'
import type { InstanceActionEventsTable, InstanceActionsTable, NovaTables } from '../db/tables.ts'

export type ActionRow = Selectable<InstanceActionsTable>
export type EventRow = Selectable<InstanceActionEventsTable>

/** SQL about instance actions. */
export class InstanceActionStore {
  readonly #db: Kysely<NovaTables>

  constructor(db: Kysely<NovaTables>) {
    this.#db = db
  }

  /** Also of a deleted server. */
  async owner(serverId: string): Promise<{ project_id: string; user_id: string } | undefined> {
    const query = this.#db.selectFrom('servers').select(['project_id', 'user_id'])
    return await query.where('id', '=', serverId).executeTakeFirst()
  }

  /** Newest first. */
  async list(serverId: string): Promise<ActionRow[]> {
    const query = this.#db.selectFrom('instance_actions').selectAll()
    return await query.where('server_id', '=', serverId).orderBy('id', 'desc').execute()
  }

  async find(serverId: string, requestId: string): Promise<ActionRow | undefined> {
    return await this.#db
      .selectFrom('instance_actions')
      .selectAll()
      .where('server_id', '=', serverId)
      .where('request_id', '=', requestId)
      .orderBy('id', 'desc')
      .executeTakeFirst()
  }

  /** Newest first. */
  async events(actionId: number): Promise<EventRow[]> {
    const query = this.#db.selectFrom('instance_action_events').selectAll()
    return await query.where('action_id', '=', actionId).orderBy('id', 'desc').execute()
  }
}
