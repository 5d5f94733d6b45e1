import type { Kysely, Selectable } from 'kysely'
import type { LeftoversTable, NovaTables } from '../db/tables.ts'

/** How long a claim holds without being renewed: a conductor that was stopped loses it. */
const claimMs = 30_000
const firstPauseMs = 10_000
const longestPauseMs = 600_000

/** Somebody else works on the leftover by now. */
export class ClaimLost extends Error {
  override name = 'ClaimLost'
}

/**
 * What is left over, claimed by a conductor while it removes it: a second one that comes late would take what somebody has
 * attached again since. No transaction is held meanwhile, as others may take their time. The number of the try is the claim.
 */
export class ClaimedLeftover {
  readonly row: Selectable<LeftoversTable>
  readonly #db: Kysely<NovaTables>
  readonly #now: () => Date
  readonly #renewal: NodeJS.Timeout

  private constructor(db: Kysely<NovaTables>, row: Selectable<LeftoversTable>, now: () => Date) {
    this.#db = db
    this.row = row
    this.#now = now
    // What hinders it is seen when the claim is looked at.
    this.#renewal = setInterval(() => void this.#renew().catch(() => {}), claimMs / 3)
  }

  /** @returns undefined if it is gone, not due any more, or claimed */
  static async claim(
    db: Kysely<NovaTables>,
    id: number,
    now: () => Date,
  ): Promise<ClaimedLeftover | undefined> {
    const row = await db
      .updateTable('leftovers')
      .set(({ eb }) => ({ tries: eb('tries', '+', 1), claimed_until: until(now) }))
      .where('id', '=', id)
      .where('next_try_at', '<=', now())
      .where((is) => is.or([is('claimed_until', 'is', null), is('claimed_until', '<', now())]))
      .returningAll()
      .executeTakeFirst()
    return row && new ClaimedLeftover(db, row, now)
  }

  /** To be called before what cannot be taken back. @throws ClaimLost */
  async assertHeld(): Promise<void> {
    const { numUpdatedRows } = await this.#renew()
    if (numUpdatedRows > 0n) return
    clearInterval(this.#renewal)
    throw new ClaimLost()
  }

  /** It is gone. */
  async removed(): Promise<void> {
    clearInterval(this.#renewal)
    const { id, tries } = this.row
    await this.#db.deleteFrom('leftovers').where('id', '=', id).where('tries', '=', tries).execute()
  }

  /** It is tried again, ever more seldom. */
  async postponed(reason: string): Promise<void> {
    clearInterval(this.#renewal)
    const wait = Math.min(firstPauseMs * 2 ** Math.min(this.row.tries - 1, 16), longestPauseMs)
    const next_try_at = new Date(this.#now().getTime() + wait)
    await this.#own().set({ reason, next_try_at, claimed_until: null }).execute()
  }

  async #renew() {
    return await this.#own()
      .set({ claimed_until: until(this.#now) })
      .executeTakeFirst()
  }

  #own() {
    const { id, tries } = this.row
    return this.#db.updateTable('leftovers').where('id', '=', id).where('tries', '=', tries)
  }
}

function until(now: () => Date): Date {
  return new Date(now().getTime() + claimMs)
}
