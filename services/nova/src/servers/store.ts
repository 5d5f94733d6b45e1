import { sql, type Expression, type Kysely, type SqlBool, type Transaction, type Updateable } from 'kysely'
import { keysetAfter, keysetOrder } from '@longhaul/oslo/db'
import type { NovaTables, ServersTable } from '../db/tables.ts'
import { patternColumns, type PatternColumn } from './list-columns.ts'
import type { SortColumn } from './list-order.ts'
import type { AttachedVolume, Fault, ServerAddresses, ServerRow } from './server.ts'

export interface ServerFilter {
  /** Absent: of all projects. */
  projectId?: string
  userId?: string
  id?: string
  vmStates?: readonly string[]
  taskStates?: readonly string[]
  taskState?: string
  host?: string
  imageId?: string
  flavorId?: string
  locked?: boolean
  /** Absent: deleted or not. */
  deleted?: boolean
  changedSince?: Date
  changedBefore?: Date
  tags?: Record<'all' | 'any' | 'notAll' | 'notAny', readonly string[] | undefined>
  /** Regular expressions that one of its addresses must match, by their version. */
  addresses?: readonly [version: 4 | 6, pattern: string][]
  /** Regular expressions that the text of a column must match. */
  patterns?: readonly [PatternColumn, string][]
}

/** SQL about servers; rules are elsewhere. */
export class ServerStore {
  readonly db: Kysely<NovaTables>

  constructor(db: Kysely<NovaTables>) {
    this.db = db
  }

  /** @param deleted whether deleted servers are found too */
  async find(id: string, deleted = false): Promise<ServerRow | undefined> {
    return await this.db
      .selectFrom('servers')
      .selectAll()
      .where('id', '=', id)
      .$if(!deleted, (query) => query.where('deleted_at', 'is', null))
      .executeTakeFirst()
  }

  /** @param page.marker the list goes on behind this server */
  async list(
    filter: ServerFilter,
    page: { limit: number; marker?: ServerRow; order: readonly SortColumn[] },
  ): Promise<ServerRow[]> {
    const { marker, limit } = page
    const keys = page.order.map(({ column, direction }) => ({
      by: column === 'instance_type_id' ? flavorId : sql.ref(column),
      direction,
    }))
    const conditions = conditionsOf(filter)
    if (marker) {
      const values = page.order.map(({ column }) =>
        column === 'instance_type_id' ? marker.flavor.id : marker[column as keyof ServerRow],
      )
      conditions.push(keysetAfter(keys, values))
    }
    return await this.db
      .selectFrom('servers')
      .selectAll()
      .where((is) => is.and(conditions))
      .orderBy(keysetOrder(keys))
      .limit(limit)
      .execute()
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

  /** The volumes of each server that has some. */
  async volumes(serverIds: readonly string[]): Promise<Map<string, AttachedVolume[]>> {
    if (serverIds.length === 0) return new Map()
    const rows = await this.db
      .selectFrom('block_device_mappings')
      .select(['server_id', 'volume_id as id', 'delete_on_termination'])
      .where('server_id', 'in', serverIds)
      .where('attachment_id', 'is not', null)
      .orderBy('id')
      .execute()
    return Map.groupBy(rows, (row) => row.server_id)
  }

  /** The addresses of each server that has ports. */
  async addresses(serverIds: readonly string[]): Promise<Map<string, ServerAddresses[]>> {
    if (serverIds.length === 0) return new Map()
    const rows = await this.db
      .selectFrom('server_ports')
      .select(['server_id', 'addresses'])
      .select((is) => is.ref('network_name').$notNull().as('network'))
      .select((is) => is.ref('mac_address').$notNull().as('mac'))
      .where('server_id', 'in', serverIds)
      .where('network_name', 'is not', null)
      .orderBy('id')
      .execute()
    return Map.groupBy(rows, (row) => row.server_id)
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

/** Changes what is said of a server. @returns undefined if there is no such server */
export async function updateServer(
  db: Kysely<NovaTables>,
  id: string,
  changes: Updateable<ServersTable>,
): Promise<ServerRow | undefined> {
  return await db
    .updateTable('servers')
    .set(changes)
    .where('id', '=', id)
    .where('deleted_at', 'is', null)
    .returningAll()
    .executeTakeFirst()
}

export async function insertServer(trx: Transaction<NovaTables>, server: ServerRow): Promise<void> {
  const { flavor, metadata, ...rest } = server
  await trx
    .insertInto('servers')
    .values({ ...rest, flavor: JSON.stringify(flavor), metadata: JSON.stringify(metadata) })
    .execute()
}

function hasAddress(version: 4 | 6, pattern: string): Expression<SqlBool> {
  return sql<boolean>`exists (
    select from server_ports cross join unnest(addresses) as one (address)
     where server_ports.server_id = servers.id and network_name is not null
       and (one.address like '%:%') = ${version === 6} and one.address ~ ${pattern})`
}

const flavorId = sql<string>`flavor ->> 'id'`

function conditionsOf(filter: ServerFilter): Expression<SqlBool>[] {
  const conditions: Expression<SqlBool>[] = []
  const equal: [string, string | undefined][] = [
    ['project_id', filter.projectId],
    ['user_id', filter.userId],
    ['id', filter.id],
    ['host', filter.host],
    ['image_id', filter.imageId],
    ['task_state', filter.taskState],
  ]
  for (const [column, value] of equal) {
    if (value !== undefined) conditions.push(sql<boolean>`${sql.ref(column)} = ${value}`)
  }
  const {
    vmStates,
    taskStates,
    tags,
    locked,
    deleted,
    changedSince,
    changedBefore,
    patterns = [],
    addresses = [],
  } = filter
  if (filter.flavorId !== undefined) conditions.push(sql<boolean>`${flavorId} = ${filter.flavorId}`)
  if (vmStates) conditions.push(sql<boolean>`vm_state = any(${[...vmStates]}::text[])`)
  if (taskStates) conditions.push(sql<boolean>`task_state = any(${[...taskStates]}::text[])`)
  if (locked !== undefined) conditions.push(sql<boolean>`(locked_by is not null) = ${locked}`)
  if (deleted !== undefined) conditions.push(sql<boolean>`(deleted_at is not null) = ${deleted}`)
  if (changedSince) conditions.push(sql<boolean>`updated_at >= ${changedSince}`)
  if (changedBefore) conditions.push(sql<boolean>`updated_at <= ${changedBefore}`)
  if (tags?.all) conditions.push(sql<boolean>`tags @> ${[...tags.all]}::text[]`)
  if (tags?.any) conditions.push(sql<boolean>`tags && ${[...tags.any]}::text[]`)
  if (tags?.notAll) conditions.push(sql<boolean>`not tags @> ${[...tags.notAll]}::text[]`)
  if (tags?.notAny) conditions.push(sql<boolean>`not tags && ${[...tags.notAny]}::text[]`)
  for (const [version, pattern] of addresses) conditions.push(hasAddress(version, pattern))
  for (const [column, pattern] of patterns) {
    conditions.push(sql<boolean>`${patternColumns[column]} ~ ${pattern}`)
  }
  return conditions
}
