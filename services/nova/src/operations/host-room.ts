import { sql, type Transaction } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import { claimsOfMigrations } from './migrations-of-servers.ts'

/**
 * The roomiest host for a flavor. Hosts are locked, so that two claims never take the same room.
 *
 * @param asked.only the only one that comes into question
 * @param asked.but one that does not
 */
export async function hostWithRoom(
  trx: Transaction<NovaTables>,
  flavor: { vcpus: number; ram: number; disk: number },
  asked: { freshSince: Date; only: string | undefined; but?: string | null },
): Promise<string | undefined> {
  const { freshSince, only, but } = asked
  const hosts = await trx
    .selectFrom('hosts')
    .select(['host', 'vcpus', 'memory_mb', 'disk_gb'])
    .where('reported_at', '>=', freshSince)
    .where(takesServers)
    .$if(only !== undefined, (query) => query.where('host', '=', only!))
    .$if(but !== undefined && but !== null, (query) => query.where('host', '!=', but!))
    .orderBy('host')
    .forUpdate()
    .execute()
  const claims = await trx
    .selectFrom('servers')
    .select(['host', 'flavor'])
    .where('host', 'is not', null)
    .where('deleted_at', 'is', null)
    .execute()
  return roomiest(hosts, [...claims, ...(await claimsOfMigrations(trx))], flavor)
}

/** True for hosts whose nova-compute was neither disabled nor said to be down. */
const takesServers = sql<boolean>`not exists (
  select from services where services.host = hosts.host and services."binary" = 'nova-compute'
    and (disabled or forced_down))`

interface HostRoom {
  host: string
  vcpus: number
  memory_mb: number
  disk_gb: number
}

/** The host with most free memory among those that can take the flavor. */
export function roomiest(
  hosts: readonly HostRoom[],
  claims: readonly { host: string | null; flavor: { vcpus: number; ram: number; disk: number } }[],
  wanted: { vcpus: number; ram: number; disk: number },
): string | undefined {
  let best: { host: string; free: number } | undefined
  for (const one of hosts) {
    const here = claims.filter((claim) => claim.host === one.host)
    const used = (part: 'vcpus' | 'ram' | 'disk') => here.reduce((sum, claim) => sum + claim.flavor[part], 0)
    const free = one.memory_mb - used('ram') - wanted.ram
    const fits =
      free >= 0 && one.vcpus - used('vcpus') >= wanted.vcpus && one.disk_gb - used('disk') >= wanted.disk
    if (fits && (!best || free > best.free)) best = { host: one.host, free }
  }
  return best?.host
}
