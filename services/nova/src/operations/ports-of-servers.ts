// SQL of operations about the ports of servers.
import type { Kysely } from 'kysely'
import type { NovaTables } from '../db/tables.ts'

/** A port that a server has, gets or loses. */
export interface PortOfServer {
  /** Of the row. */
  uuid: string
  serverId: string
  portId: string
  createdByNova: boolean
}

/** Without those that are only reserved. */
export async function portsOfServer(db: Kysely<NovaTables>, serverId: string): Promise<PortOfServer[]> {
  return await owned(db).where('server_id', '=', serverId).orderBy('id').execute()
}

export async function portByUuid(db: Kysely<NovaTables>, uuid: string): Promise<PortOfServer | undefined> {
  return await owned(db).where('uuid', '=', uuid).executeTakeFirst()
}

/** It does not belong to its server any more. */
export async function dropPort(db: Kysely<NovaTables>, uuid: string): Promise<void> {
  await db.deleteFrom('server_ports').where('uuid', '=', uuid).execute()
}

function owned(db: Kysely<NovaTables>) {
  return db
    .selectFrom('server_ports')
    .select(['uuid', 'server_id as serverId', 'created_by_nova as createdByNova'])
    .select((is) => is.ref('port_id').$notNull().as('portId'))
    .where('port_id', 'is not', null)
    .where('reserved_at', 'is', null)
}
