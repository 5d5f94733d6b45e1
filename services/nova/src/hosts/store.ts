import { sql, type Kysely } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import type { HostReport } from './schema.ts'

/** SQL about compute hosts. */
export class HostStore {
  readonly #db: Kysely<NovaTables>

  constructor(db: Kysely<NovaTables>) {
    this.#db = db
  }

  /** Keeps the latest report of a host. @returns whether the host is new */
  async report(host: string, report: HostReport, now: Date): Promise<boolean> {
    const row = {
      url: report.url,
      protocol: report.protocol,
      ...report.capacity,
      guests: JSON.stringify(report.guests),
      jobs: JSON.stringify(report.jobs),
      reported_at: now,
    }
    const kept = await this.#db
      .insertInto('hosts')
      .values({ host, ...row })
      .onConflict((conflict) => conflict.column('host').doUpdateSet(row))
      .returning(sql<boolean>`xmax = 0`.as('inserted'))
      .executeTakeFirstOrThrow()
    return kept.inserted
  }

  /** Where the agent of a host is. */
  async url(host: string): Promise<string | undefined> {
    const query = this.#db.selectFrom('hosts').select('url').where('host', '=', host)
    return (await query.executeTakeFirst())?.url
  }
}
