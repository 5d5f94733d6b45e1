import type { Kysely, Selectable } from 'kysely'
import type { NovaTables, ServersTable } from '../db/tables.ts'

export type TaggedServer = Pick<
  Selectable<ServersTable>,
  'id' | 'project_id' | 'user_id' | 'vm_state' | 'tags'
>

/** SQL about the tags of servers. */
export class ServerTagStore {
  readonly #db: Kysely<NovaTables>

  constructor(db: Kysely<NovaTables>) {
    this.#db = db
  }

  /**
   * Changes the tags of a server, alone.
   *
   * @param change what they are from what they were; may refuse by throwing
   * @returns undefined if there is no such server
   */
  async change(
    id: string,
    change: (server: TaggedServer) => string[],
    now: Date,
  ): Promise<string[] | undefined> {
    return await this.#db.transaction().execute(async (trx) => {
      const server = await trx
        .selectFrom('servers')
        .select(['id', 'project_id', 'user_id', 'vm_state', 'tags'])
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .forUpdate()
        .executeTakeFirst()
      if (!server) return undefined
      const tags = change(server)
      await trx.updateTable('servers').set({ tags, updated_at: now }).where('id', '=', id).execute()
      return tags
    })
  }
}
