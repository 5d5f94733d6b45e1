import { conflict, notFound } from '@longhaul/oslo/api'
import { isUniqueViolation } from '@longhaul/oslo/db'
import type { Expression, Kysely, SelectQueryBuilder } from 'kysely'
import type { Tables } from './db/tables.ts'
import { condition, type Filter } from './filters.ts'
import type { Db } from './revision.ts'

/** The tables whose rows have an id of their own. */
export type Collections = Pick<
  Tables,
  'projects' | 'users' | 'groups' | 'roles' | 'regions' | 'services' | 'endpoints'
>
export type Row = { id: string }
type AnyTables = Record<string, Record<string, unknown>>

/** Rows of one table by id. */
export interface RowStore<R extends Row> {
  readonly find: (id: string, from?: Db) => Promise<R | undefined>
  /**
   * Rows that pass all filters, by id.
   *
   * @param where values that their columns have
   * @param within a query for the ids that count
   */
  readonly list: (filters: readonly Filter[], where?: Partial<R>, within?: Expression<string>) => Promise<R[]>
  /** @throws ApiError 409 `<singular>_exists` */
  readonly insert: (trx: Db, row: R) => Promise<void>
  /**
   * Changes a row by what stands there now, which need not be what the request began with.
   *
   * @throws ApiError 404 `<singular>_not_found`, 409 `<singular>_exists`
   */
  readonly update: (trx: Db, id: string, change: (row: R) => Partial<R>) => Promise<void>
  readonly delete: (trx: Db, id: string) => Promise<void>
}

export interface RowWords<R> {
  /** What a row is called in messages. */
  singular: string
  /** What of a row is taken already, for the message. */
  duplicate: (row: Partial<R>) => string
  /** What all rows have in common, if the table holds others too. */
  where?: Partial<R>
}

export function rowStore<N extends keyof Collections>(
  database: Db,
  collection: N,
  { singular, duplicate, where: fixed }: RowWords<Collections[N]>,
): RowStore<Collections[N]> {
  type R = Collections[N]
  const table: string = collection
  // Kysely cannot follow a table that is a parameter; here, and only here, rows go in and out untyped.
  const untyped = (db: Db) => db as unknown as Kysely<AnyTables>
  const rows = (where: Partial<R> = {}, from = database) => {
    let query: SelectQueryBuilder<AnyTables, string, object> = untyped(from).selectFrom(table)
    for (const [column, value] of Object.entries({ ...fixed, ...where }))
      query = query.where(column, '=', value)
    return query.selectAll()
  }
  const unique = async (row: Partial<R>, write: () => Promise<unknown>) => {
    try {
      await write()
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      throw conflict(`Conflict occurred attempting to store ${singular} - ${duplicate(row)}.`, {
        code: `${singular}_exists`,
        cause: error,
      })
    }
  }
  const find: RowStore<R>['find'] = async (id, from) =>
    (await rows({ id } as Partial<R>, from).executeTakeFirst()) as unknown as R | undefined
  return {
    find,
    async list(filters, where, within) {
      let query = rows(where).where((eb) =>
        eb.and(filters.map((filter) => condition(eb, filter)).filter((one) => one !== undefined)),
      )
      if (within) query = query.where('id', 'in', within)
      return (await query.orderBy('id').execute()) as unknown as R[]
    },
    insert: (trx, row) =>
      unique(row, () =>
        untyped(trx)
          .insertInto(table)
          .values({ ...row })
          .execute(),
      ),
    async update(trx, id, change) {
      const row = await find(id, trx)
      if (!row) throw notFound(`Could not find ${singular}: ${id}.`, { code: `${singular}_not_found` })
      const columns = change(row)
      if (Object.keys(columns).length === 0) return
      await unique({ ...columns, id }, () =>
        untyped(trx)
          .updateTable(table)
          .set({ ...columns })
          .where('id', '=', id)
          .execute(),
      )
    },
    async delete(trx, id) {
      await untyped(trx).deleteFrom(table).where('id', '=', id).execute()
    },
  }
}

/** That a name is taken, in a domain if one is named. */
export function nameTaken({ name, domain_id }: { name?: string; domain_id?: string }): string {
  return `Duplicate entry found with name ${name}${domain_id ? ` at domain ID ${domain_id}` : ''}`
}
