import { sql, type Insertable, type Kysely, type Selectable, type Transaction } from 'kysely'
import { isForeignKeyViolation, isUniqueViolation } from '@longhaul/oslo/db'
import { conflict } from '@longhaul/oslo/api'
import type { ListQuery } from '../api/list-query.ts'
import { listRows, type Condition } from '../api/list-rows.ts'
import type { NeutronTables, PortTable } from '../db/tables.ts'
import type { FixedIp } from '../ipam/allocate.ts'
import type { Binding } from '../ml2/binding.ts'
import { bindingRecords } from '../ml2/records.ts'

export type PortRow = Selectable<PortTable>

/** A port and what belongs to it. */
export interface WholePort {
  row: PortRow
  fixedIps: FixedIp[]
  /** Its active one. */
  binding: Binding | undefined
}

/** How often a transaction is made anew after another one took the address or MAC address that it had chosen. */
const maxTries = 20

/** Ports in the database. */
export class PortStore {
  readonly #db: Kysely<NeutronTables>

  constructor(db: Kysely<NeutronTables>) {
    this.#db = db
  }

  async get(id: string): Promise<WholePort | undefined> {
    return await this.whole(this.#db, id)
  }

  async whole(
    db: Kysely<NeutronTables> | Transaction<NeutronTables>,
    id: string,
  ): Promise<WholePort | undefined> {
    const rows = await db.selectFrom('ports').selectAll().where('id', '=', id).execute()
    return (await this.#complete(db, rows))[0]
  }

  /** @param projectId whose ports, besides those of its networks; undefined for all @returns undefined if the marker is not seen */
  async list(query: ListQuery, projectId: string | undefined): Promise<WholePort[] | undefined> {
    const scope: Condition =
      projectId === undefined
        ? sql`1 = 1`
        : sql`(project_id = ${projectId} or network_id in (select id from networks where project_id = ${projectId}))`
    const rows = await listRows(this.#db, 'ports', query, { scope, filters: filtersOf(query.others) })
    return rows && (await this.#complete(this.#db, rows))
  }

  /** Networks of ports, as rules look at them. */
  async networks(ids: readonly string[]): Promise<Map<string, { project_id: string; shared: boolean }>> {
    if (ids.length === 0) return new Map()
    const rows = await this.#db
      .selectFrom('networks')
      .select(['id', 'project_id', 'shared'])
      .where('id', 'in', ids)
      .execute()
    return new Map(rows.map((row) => [row.id, { project_id: row.project_id, shared: row.shared === 1 }]))
  }

  /**
   * Runs a transaction that chooses addresses, again if another one was quicker with the same.
   *
   * @throws ApiError 409 `IpAddressGenerationFailure` after too many tries; 404 is the caller's
   */
  async choosing<T>(work: (trx: Transaction<NeutronTables>) => Promise<T>): Promise<T | 'gone'> {
    for (let tries = 0; tries < maxTries; tries++) {
      try {
        return await this.#db.transaction().execute(work)
      } catch (error) {
        if (isForeignKeyViolation(error)) return 'gone'
        if (!isUniqueViolation(error)) throw error
      }
    }
    throw conflict('No IP or MAC address could be had: others were quicker each time.', {
      code: 'IpAddressGenerationFailure',
    })
  }

  async insert(trx: Transaction<NeutronTables>, row: Insertable<PortTable>): Promise<void> {
    await trx.insertInto('ports').values(row).execute()
  }

  async isMacTaken(trx: Transaction<NeutronTables>, networkId: string, mac: string): Promise<boolean> {
    const found = await trx
      .selectFrom('ports')
      .select('id')
      .where('network_id', '=', networkId)
      .where('mac_address', '=', mac)
      .executeTakeFirst()
    return found !== undefined
  }

  /** Makes these the addresses of a port. */
  async setFixedIps(
    trx: Transaction<NeutronTables>,
    id: string,
    fixedIps: readonly FixedIp[],
  ): Promise<void> {
    await trx.deleteFrom('ip_allocations').where('port_id', '=', id).execute()
    if (fixedIps.length === 0) return
    const rows = fixedIps.map((one, position) => ({ ...one, port_id: id, position }))
    await trx.insertInto('ip_allocations').values(rows).execute()
  }

  async #complete(
    db: Kysely<NeutronTables> | Transaction<NeutronTables>,
    rows: readonly PortRow[],
  ): Promise<WholePort[]> {
    if (rows.length === 0) return []
    const ids = rows.map(({ id }) => id)
    const allocations = await db
      .selectFrom('ip_allocations')
      .selectAll()
      .where('port_id', 'in', ids)
      .orderBy('position')
      .execute()
    const bindings = await bindingRecords.of(db, ids)
    const fixedIps = Map.groupBy(allocations, (one) => one.port_id)
    const active = new Map(
      bindings.filter(({ status }) => status === 'ACTIVE').map((one) => [one.port_id, one]),
    )
    return rows.map((row) => ({
      row,
      fixedIps: fixedIps.get(row.id) ?? [],
      binding: active.get(row.id),
    }))
  }
}

/** `fixed_ips=ip_address=10.0.0.1` and the like. @see Networking API, list ports */
function filtersOf(others: Readonly<Record<string, readonly string[]>>): Condition[] {
  const conditions: Condition[] = []
  const columns = { ip_address: [], subnet_id: [] } as { ip_address: string[]; subnet_id: string[] }
  for (const value of others['fixed_ips'] ?? []) {
    const [name = '', wanted = ''] = value.split(/=(.*)/s)
    if (name === 'ip_address_substr') {
      conditions.push(
        sql`id in (select port_id from ip_allocations where ip_address like ${`%${wanted.replaceAll(/[^0-9a-fA-F.:]/g, '_')}%`})`,
      )
    } else if (name === 'ip_address' || name === 'subnet_id') columns[name].push(wanted)
    else conditions.push(sql`1 = 0`)
  }
  for (const [column, values] of Object.entries(columns)) {
    if (values.length === 0) continue
    conditions.push(
      sql`id in (select port_id from ip_allocations where ${sql.ref(column)} in (${sql.join(values)}))`,
    )
  }
  const hosts = others['binding:host_id'] ?? []
  if (hosts.length > 0) {
    conditions.push(
      sql`id in (select port_id from port_bindings where status = 'ACTIVE' and host in (${sql.join(hosts)}))`,
    )
  }
  // No port has a security group.
  if (others['security_groups']) conditions.push(sql`1 = 0`)
  return conditions
}
