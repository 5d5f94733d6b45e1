import type { Kysely } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import type { HostReport } from './schema.ts'

/** SQL about compute hosts. */
export class HostStore {
  readonly #db: Kysely<NovaTables>

  constructor(db: Kysely<NovaTables>) {
    this.#db = db
  }

  /** Keeps the latest report of a host. @param uuid of the row if the host is new. @returns whether it is */
  async report(host: string, report: HostReport, now: Date, uuid: string): Promise<boolean> {
    const row = {
      url: report.url,
      protocol: report.protocol,
      ...report.capacity,
      guests: JSON.stringify(report.guests),
      jobs: JSON.stringify(report.jobs),
      hypervisor: report.hypervisor ? JSON.stringify(report.hypervisor) : null,
      reported_at: now,
    }
    const known = await this.#db.updateTable('hosts').set(row).where('host', '=', host).executeTakeFirst()
    if (known.numUpdatedRows > 0n) return false
    await this.#db
      .insertInto('hosts')
      .values({ uuid, host, ...row })
      .onConflict((conflict) => conflict.column('host').doUpdateSet(row))
      .execute()
    return true
  }

  /** Where the agent of a host is. */
  async url(host: string): Promise<string | undefined> {
    const query = this.#db.selectFrom('hosts').select('url').where('host', '=', host)
    return (await query.executeTakeFirst())?.url
  }
}
