import { conflict } from '@longhaul/oslo/api'
import { isUniqueViolation } from '@longhaul/oslo/db'
import type { Kysely } from 'kysely'
import type { Tables } from './db/tables.ts'
import type { Db } from './revision.ts'

/** The tables whose rows have an id of their own. */
export type Collections = Pick<
  Tables,
  'domains' | 'projects' | 'users' | 'roles' | 'regions' | 'services' | 'endpoints'
>
export type Row = { id: string }
type AnyTables = Record<string, Record<string, unknown>>

/** Rows of one table by id. */
export interface RowStore<R extends Row> {
  readonly find: (id: string) => Promise<R | undefined>
  /** Rows whose columns have all of these values, by id. */
  readonly list: (where: Partial<R>) => Promise<R[]>
  /** @throws ApiError 409 `<singular>_exists` */
  readonly insert: (trx: Db, row: R) => Promise<void>
  /** @throws ApiError 409 `<singular>_exists` */
  readonly update: (trx: Db, id: string, change: Partial<R>) => Promise<void>
  readonly delete: (trx: Db, id: string) => Promise<void>
}

/** @param singular what a row is called in messages */
export function rowStore<N extends keyof Collections>(
  database: Db,
  collection: N,
  singular: string,
): RowStore<Collections[N]> {
  type R = Collections[N]
  const table: string = collection
  // Kysely cannot follow a table that is a parameter; here, and only here, rows go in and out untyped.
  const untyped = (db: Db) => db as unknown as Kysely<AnyTables>
  const unique = async (write: () => Promise<unknown>) => {
    try {
      await write()
    } catch (error) {
      if (!isUniqueViolation(error)) throw error
      throw conflict(`Conflict occurred attempting to store ${singular} - Duplicate entry found.`, {
        code: `${singular}_exists`,
        cause: error,
      })
    }
  }
  return {
    async find(id) {
      const row = await untyped(database)
        .selectFrom(table)
        .selectAll()
        .where('id', '=', id)
        .executeTakeFirst()
      return row as unknown as R | undefined
    },
    async list(where) {
      let query = untyped(database).selectFrom(table).selectAll()
      for (const [column, value] of Object.entries(where)) query = query.where(column, '=', value)
      return (await query.orderBy('id').execute()) as unknown as R[]
    },
    insert: (trx, row) =>
      unique(() =>
        untyped(trx)
          .insertInto(table)
          .values({ ...row })
          .execute(),
      ),
    update: (trx, id, change) =>
      unique(async () => {
        if (Object.keys(change).length === 0) return
        await untyped(trx)
          .updateTable(table)
          .set({ ...change })
          .where('id', '=', id)
          .execute()
      }),
    async delete(trx, id) {
      await untyped(trx).deleteFrom(table).where('id', '=', id).execute()
    },
  }
}
