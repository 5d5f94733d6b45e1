import type { Kysely, Selectable } from 'kysely'
import type { InstanceActionEventsTable, InstanceActionsTable, NovaTables } from '../db/tables.ts'

export type ActionRow = Selectable<InstanceActionsTable>
export type EventRow = Selectable<InstanceActionEventsTable>

export interface ActionFilter {
  changedSince?: Date | undefined
  changedBefore?: Date | undefined
}

/** SQL about instance actions. */
export class InstanceActionStore {
  readonly #db: Kysely<NovaTables>

  constructor(db: Kysely<NovaTables>) {
    this.#db = db
  }

  /** Whose a server is. @param deleted whether a deleted server has one */
  async owner(
    serverId: string,
    deleted: boolean,
  ): Promise<{ project_id: string; user_id: string } | undefined> {
    return await this.#db
      .selectFrom('servers')
      .select(['project_id', 'user_id'])
      .where('id', '=', serverId)
      .$if(!deleted, (query) => query.where('deleted_at', 'is', null))
      .executeTakeFirst()
  }

  /** Newest first. @param page.before number of the last one of the page before */
  async list(
    serverId: string,
    filter: ActionFilter = {},
    page: { limit?: number; before?: number | undefined } = {},
  ): Promise<ActionRow[]> {
    const { changedSince, changedBefore } = filter
    const { limit, before } = page
    return await this.#db
      .selectFrom('instance_actions')
      .selectAll()
      .where('server_id', '=', serverId)
      .$if(changedSince !== undefined, (query) => query.where('updated_at', '>=', changedSince!))
      .$if(changedBefore !== undefined, (query) => query.where('updated_at', '<=', changedBefore!))
      .$if(before !== undefined, (query) => query.where('id', '<', before!))
      .orderBy('id', 'desc')
      .$if(limit !== undefined, (query) => query.limit(limit!))
      .execute()
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
