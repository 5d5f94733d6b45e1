import type { RevocationEventRow } from '../db/tables.ts'
import type { Db } from '../revision.ts'
import { RevocationIndex, type RevocationCause } from './events.ts'

const noAttributes: Omit<RevocationEventRow, 'id' | 'issued_before' | 'revoked_at'> = {
  audit_id: null,
  audit_chain_id: null,
  trust_id: null,
  consumer_id: null,
  access_token_id: null,
  expires_at: null,
  domain_id: null,
  project_id: null,
  user_id: null,
  role_id: null,
}

/** A new event. @param seconds since 1970: tokens issued then or before are hit */
export function revocationEvent(id: string, cause: RevocationCause, seconds: number): RevocationEventRow {
  return {
    id,
    ...noAttributes,
    audit_id: cause.auditId ?? null,
    user_id: cause.userId ?? null,
    project_id: cause.projectId ?? null,
    domain_id: cause.domainId ?? null,
    issued_before: seconds,
    revoked_at: seconds,
  }
}

export async function readRevocations(db: Db): Promise<RevocationIndex> {
  return new RevocationIndex(await db.selectFrom('revocation_events').selectAll().execute())
}

/** Writes an event, and drops those that can hit nothing any more in the eyes of the process that keeps tokens longest. */
export async function addRevocation(trx: Db, event: RevocationEventRow): Promise<void> {
  const keep = await retention(trx)
  if (keep !== undefined) {
    await trx
      .deleteFrom('revocation_events')
      .where('revoked_at', '<', event.revoked_at - keep)
      .execute()
  }
  await trx.insertInto('revocation_events').values(event).execute()
}

/**
 * Announces how long tokens of this process may be accepted after their issue. Processes with different lifetimes may
 * share a database: an event that one of them would drop may be all that keeps a token of another revoked.
 *
 * @param seconds expiration + window + buffer
 * @returns whether it is longer than what was announced before
 */
export async function announceRetention(trx: Db, seconds: number): Promise<boolean> {
  if (((await retention(trx)) ?? 0) >= seconds) return false
  await trx
    .insertInto('service_state')
    .values({ name: 'revocation_retention', value: seconds })
    .onConflict((conflict) => conflict.column('name').doUpdateSet({ value: seconds }))
    .execute()
  return true
}

// Undefined as long as no process has announced anything: then nothing is dropped.
async function retention(db: Db): Promise<number | undefined> {
  const row = await db
    .selectFrom('service_state')
    .select('value')
    .where('name', '=', 'revocation_retention')
    .executeTakeFirst()
  return row?.value
}
