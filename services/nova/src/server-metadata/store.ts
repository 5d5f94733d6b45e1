import type { Kysely, Selectable } from 'kysely'
import type { NovaTables, ServersTable } from '../db/tables.ts'

export type MetadataServer = Pick<
  Selectable<ServersTable>,
  'id' | 'project_id' | 'user_id' | 'vm_state' | 'locked_by' | 'metadata'
>

/** SQL about the metadata of servers. */
export class ServerMetadataStore {
  readonly #db: Kysely<NovaTables>

  constructor(db: Kysely<NovaTables>) {
    this.#db = db
  }

  /**
   * Changes the metadata of a server, alone.
   *
   * @param change what it is from what it was; may refuse by throwing
   * @returns undefined if there is no such server
   */
  async change(
    id: string,
    change: (server: MetadataServer) => Record<string, string>,
    now: Date,
  ): Promise<Record<string, string> | undefined> {
    return await this.#db.transaction().execute(async (trx) => {
      const server = await trx
        .selectFrom('servers')
        .select(['id', 'project_id', 'user_id', 'vm_state', 'locked_by', 'metadata'])
        .where('id', '=', id)
        .where('deleted_at', 'is', null)
        .forUpdate()
        .executeTakeFirst()
      if (!server) return undefined
      const metadata = change(server)
      await trx
        .updateTable('servers')
        .set({ metadata: JSON.stringify(metadata), updated_at: now })
        .where('id', '=', id)
        .execute()
      return metadata
    })
  }
}
