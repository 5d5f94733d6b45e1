import { sql, type Kysely, type Transaction } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import type { QuotaResource } from './resources.ts'

export type Limits = Partial<Record<QuotaResource, number>>

/** SQL about quotas. Its functions run in a transaction or outside of one. */
export const quotaStore = {
  /** Limits that differ from the options, those of the class first. */
  async limits(
    db: Kysely<NovaTables>,
    of: { projectId?: string; className: string },
  ): Promise<{ ofClass: Limits; ofProject: Limits }> {
    const classes = await db
      .selectFrom('quota_classes')
      .select(['resource', 'hard_limit'])
      .where('class_name', '=', of.className)
      .execute()
    const projects =
      of.projectId === undefined
        ? []
        : await db
            .selectFrom('quotas')
            .select(['resource', 'hard_limit'])
            .where('project_id', '=', of.projectId)
            .execute()
    return { ofClass: byResource(classes), ofProject: byResource(projects) }
  },

  async usage(
    db: Kysely<NovaTables>,
    projectId: string,
  ): Promise<{ instances: number; cores: number; ram: number }> {
    return await db
      .selectFrom('servers')
      .select([
        sql<number>`count(*)`.as('instances'),
        sql<number>`coalesce(sum((flavor ->> 'vcpus')::bigint), 0)::bigint`.as('cores'),
        sql<number>`coalesce(sum((flavor ->> 'ram')::bigint), 0)::bigint`.as('ram'),
      ])
      .where('project_id', '=', projectId)
      .where('deleted_at', 'is', null)
      .executeTakeFirstOrThrow()
  },

  async keypairs(db: Kysely<NovaTables>, userId: string): Promise<number> {
    const { count } = await db
      .selectFrom('key_pairs')
      .select(sql<number>`count(*)`.as('count'))
      .where('user_id', '=', userId)
      .executeTakeFirstOrThrow()
    return count
  },

  /** Whoever asks for the same lock waits until this transaction ends. */
  async lock(trx: Transaction<NovaTables>, scope: 'project' | 'user', id: string): Promise<void> {
    await sql`select pg_advisory_xact_lock(hashtextextended(${`quota/${scope}/${id}`}, 0))`.execute(trx)
  },

  async setProject(db: Kysely<NovaTables>, projectId: string, limits: Limits): Promise<void> {
    const rows = rowsOf(limits).map((row) => ({ project_id: projectId, ...row }))
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

  async setClass(db: Kysely<NovaTables>, className: string, limits: Limits): Promise<void> {
    const rows = rowsOf(limits).map((row) => ({ class_name: className, ...row }))
    if (rows.length === 0) return
    await db
      .insertInto('quota_classes')
      .values(rows)
      .onConflict((conflict) =>
        conflict
          .columns(['class_name', 'resource'])
          .doUpdateSet((row) => ({ hard_limit: row.ref('excluded.hard_limit') })),
      )
      .execute()
  },

  async forgetProject(db: Kysely<NovaTables>, projectId: string): Promise<void> {
    await db.deleteFrom('quotas').where('project_id', '=', projectId).execute()
  },
}

function byResource(rows: readonly { resource: string; hard_limit: number }[]): Limits {
  return Object.fromEntries(rows.map((row) => [row.resource, row.hard_limit]))
}

function rowsOf(limits: Limits): { resource: string; hard_limit: number }[] {
  return Object.entries(limits).map(([resource, hard_limit]) => ({ resource, hard_limit }))
}
