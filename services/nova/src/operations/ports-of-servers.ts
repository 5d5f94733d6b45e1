// SQL of operations about the ports of servers.
import type { Kysely } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import type { NetworkPort } from '../neutron.ts'

/** A port that a server has, gets or loses. */
export interface PortOfServer {
  /** Of the row. */
  uuid: string
  serverId: string
  /** Null: it is not known whether it was made. */
  portId: string | null
  createdByNova: boolean
}

/** Without those that are only reserved. */
export async function portsOfServer(db: Kysely<NovaTables>, serverId: string): Promise<PortOfServer[]> {
  return await owned(db).where('server_id', '=', serverId).orderBy('id').execute()
}

export async function portByUuid(db: Kysely<NovaTables>, uuid: string): Promise<PortOfServer | undefined> {
  return await owned(db).where('uuid', '=', uuid).executeTakeFirst()
}

/** Ids of those that were made. */
export function portIdsOf(ports: readonly PortOfServer[]): string[] {
  return ports.flatMap(({ portId }) => portId ?? [])
}

/** It was made. */
export async function setPort(db: Kysely<NovaTables>, uuid: string, portId: string): Promise<void> {
  await db.updateTable('server_ports').set({ port_id: portId }).where('uuid', '=', uuid).execute()
}

/** Keeps what servers show of a port. */
export async function describePort(
  db: Kysely<NovaTables>,
  uuid: string,
  { network, port }: { network: { name: string }; port: Pick<NetworkPort, 'mac_address' | 'fixed_ips'> },
): Promise<void> {
  await db
    .updateTable('server_ports')
    .set({
      network_name: network.name,
      mac_address: port.mac_address,
      addresses: port.fixed_ips.map(({ ip_address }) => ip_address),
    })
    .where('uuid', '=', uuid)
    .execute()
}

/** It does not belong to its server any more. */
export async function dropPort(db: Kysely<NovaTables>, uuid: string): Promise<void> {
  await db.deleteFrom('server_ports').where('uuid', '=', uuid).execute()
}

function owned(db: Kysely<NovaTables>) {
  return db
    .selectFrom('server_ports')
    .select(['uuid', 'server_id as serverId', 'port_id as portId', 'created_by_nova as createdByNova'])
    .where('reserved_at', 'is', null)
}
