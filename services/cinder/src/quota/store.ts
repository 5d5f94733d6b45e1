import type { Kysely, Transaction } from 'kysely'
import type { CinderTables } from '../db/tables.ts'
import type { QuotaResource } from './resources.ts'

export type Limits = Partial<Record<QuotaResource, number>>

/** SQL about quotas. Its functions run in a transaction or outside of one. */
export const quotaStore = {
  /** Limits of a project that differ from the options. */
  async limits(db: Kysely<CinderTables>, projectId: string): Promise<Limits> {
    const rows = await db
      .selectFrom('quotas')
      .select(['resource', 'hard_limit'])
      .where('project_id', '=', projectId)
      .execute()
    return Object.fromEntries(rows.map((row) => [row.resource, row.hard_limit]))
  },

  /** What a project has. The space of a volume that is being extended counts as it will be. */
  async usage(db: Kysely<CinderTables>, projectId: string, options: { snapshotSpace: boolean }) {
    const volumes = await db
      .selectFrom('volumes')
      .select((eb) => [
        eb.fn.countAll<number>().as('count'),
        eb.fn.sum<number | null>(eb.fn.coalesce('new_size', 'size')).as('size'),
      ])
      .where('project_id', '=', projectId)
      .executeTakeFirstOrThrow()
    const snapshots = await db
      .selectFrom('snapshots')
      .select((eb) => [
        eb.fn.countAll<number>().as('count'),
        eb.fn.sum<number | null>('volume_size').as('size'),
      ])
      .where('project_id', '=', projectId)
      .executeTakeFirstOrThrow()
    return {
      volumes: volumes.count,
      snapshots: snapshots.count,
      gigabytes: (volumes.size ?? 0) + (options.snapshotSpace ? (snapshots.size ?? 0) : 0),
    }
  },

  /** Whoever asks for the same lock waits until this transaction ends: the row is the lock. */
  async lock(trx: Transaction<CinderTables>, projectId: string): Promise<void> {
    await trx
      .insertInto('quota_locks')
      .values({ project_id: projectId, turn: 0 })
      .onConflict((conflict) =>
        conflict.column('project_id').doUpdateSet((row) => ({ turn: row('quota_locks.turn', '+', 0) })),
      )
      .execute()
  },

  async setProject(db: Kysely<CinderTables>, projectId: string, limits: Limits): Promise<void> {
    const rows = Object.entries(limits).map(([resource, hard_limit]) => ({
      project_id: projectId,
      resource,
      hard_limit,
    }))
    if (rows.length === 0) return
    await db
      .insertInto('quotas')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(['project_id', 'resource'])
          .doUpdateSet((row) => ({ hard_limit: row.ref('excluded.hard_limit') })),
      )
      .execute()
  },

  async forgetProject(db: Kysely<CinderTables>, projectId: string): Promise<void> {
    await db.deleteFrom('quotas').where('project_id', '=', projectId).execute()
  },
}
