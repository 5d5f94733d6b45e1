import { sql, type Selectable, type Transaction } from 'kysely'
import { badRequest, preconditionFailed } from '@longhaul/oslo/api'
import type { NeutronTables } from '../db/tables.ts'
import type { ResourceTable } from './list-rows.ts'

/**
 * The revision that a request names in `If-Match: revision_number=7`; undefined without the header.
 *
 * @throws ApiError 400 `invalid_if_match`
 * @see Networking API, revision numbers
 */
export function expectedRevision(ifMatch: string | undefined): number | undefined {
  if (ifMatch === undefined) return undefined
  const [, number] = /^\s*"?revision_number=(\d{1,15})"?\s*$/.exec(ifMatch) ?? []
  if (number !== undefined) return Number(number)
  throw badRequest('Bad format for If-Match: revision_number=NUMBER is expected.', {
    code: 'invalid_if_match',
  })
}

/** A change of a row: when it happens, and which revision its sender has seen. */
export interface Change {
  /** ISO 8601 with milliseconds. */
  time: string
  expected?: number | undefined
}

/**
 * Takes a row for the rest of a transaction and counts its revision up: whoever else changes it waits.
 *
 * @returns undefined if it does not exist
 * @throws ApiError 412 `RevisionNumberConstraintFailed`
 */
export async function takeRow<T extends ResourceTable>(
  trx: Transaction<NeutronTables>,
  table: T,
  id: string,
  { time, expected }: Change,
): Promise<Selectable<NeutronTables[T]> | undefined> {
  const { rows } = await sql<
    Selectable<NeutronTables[T]>
  >`update ${sql.table(table)} set revision_number = revision_number + 1, updated_at = ${time} where id = ${id} returning *`.execute(
    trx,
  )
  const row = rows[0]
  if (!row) return undefined
  const before = (row as { revision_number: number }).revision_number - 1
  if (expected !== undefined && expected !== before) {
    throw preconditionFailed(`Constrained to ${expected}, but current revision is: ${before}`, {
      code: 'RevisionNumberConstraintFailed',
    })
  }
  return row
}
