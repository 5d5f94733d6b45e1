import type { Kysely, Transaction } from 'kysely'
import type { Logger } from '@longhaul/oslo/log'
import type { NovaTables } from '../db/tables.ts'
import type { LeftoverKind } from '../operations/running-operation.ts'

export interface ReservationOptions {
  db: Kysely<NovaTables>
  /** Age at which a reservation without an operation is given up, in milliseconds. */
  reapAfterMs: () => number
  now: () => Date
  logger: Logger
}

/**
 * What nova-api reserved and for which no operation began becomes a leftover. nova-api needs its reservation in the
 * transaction that begins the operation, so a thing is either reaped or owned by an operation, never both.
 */
export async function reapReservations(options: ReservationOptions): Promise<void> {
  const { db, reapAfterMs, now, logger } = options
  const at = now()
  const before = new Date(at.getTime() - reapAfterMs())
  const reaped = await db.transaction().execute(async (trx) => {
    const left = [
      ...(await givenUpImages(trx, before)),
      ...(await givenUpVolumes(trx, before)),
      ...(await givenUpPorts(trx, before)),
    ]
    for (const one of left) {
      const made = { ...one, operation_id: null, host: null, attempt: 1 }
      await trx
        .insertInto('leftovers')
        .values({ ...made, reason: 'no operation began for it', created_at: at, next_try_at: at })
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    }
    return left
  })
  for (const { kind, resource_id: id } of reaped) logger.info({ kind, id }, 'reservation given up')
}

interface Left {
  kind: LeftoverKind
  resource_id: string
}

async function givenUpImages(trx: Transaction<NovaTables>, before: Date): Promise<Left[]> {
  const rows = await trx
    .deleteFrom('image_reservations')
    .where('created_at', '<', before)
    .returning('image_id')
    .execute()
  return rows.map((row) => ({ kind: 'image', resource_id: row.image_id }))
}

/** A volume without an attachment was about to be attached, one with an attachment to be detached. */
async function givenUpVolumes(trx: Transaction<NovaTables>, before: Date): Promise<Left[]> {
  const rows = await trx
    .updateTable('block_device_mappings')
    .set({ reserved_at: null })
    .where('reserved_at', '<', before)
    .returning(['uuid', 'volume_id', 'attachment_id'])
    .execute()
  return rows.map((row) =>
    row.attachment_id === null
      ? { kind: 'volume-reservation', resource_id: row.uuid }
      : { kind: 'volume-detaching', resource_id: row.volume_id },
  )
}

/** A port that a user has made was not touched yet. */
async function givenUpPorts(trx: Transaction<NovaTables>, before: Date): Promise<Left[]> {
  const rows = await trx
    .deleteFrom('server_ports')
    .where('reserved_at', '<', before)
    .returning(['uuid', 'created_by_nova'])
    .execute()
  return rows
    .filter((row) => row.created_by_nova)
    .map(({ uuid }) => ({ kind: 'port-reservation', resource_id: uuid }))
}
