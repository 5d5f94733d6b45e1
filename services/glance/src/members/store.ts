import type { Kysely, Selectable } from 'kysely'
import { isUniqueViolation } from '@longhaul/oslo/db'
import type { GlanceTables, ImageMemberTable } from '../db/tables.ts'
import type { MemberStatus } from '../member-status.ts'
import type { Member } from './member.ts'

/** Members of images in the database. */
export class MemberStore {
  readonly #db: Kysely<GlanceTables>
  readonly #now: () => number

  /** @param now milliseconds since 1970 */
  constructor(db: Kysely<GlanceTables>, now: () => number) {
    this.#db = db
    this.#now = now
  }

  /**
   * @param quota members of an image at most; negative for no limit
   * @returns `taken` if the project is a member already; the number of members if one more is too many
   */
  async insert(imageId: string, memberId: string, quota: number): Promise<Member | 'taken' | number> {
    const time = new Date(this.#now()).toISOString()
    const row: ImageMemberTable = {
      image_id: imageId,
      member_id: memberId,
      status: 'pending',
      created_at: time,
      updated_at: time,
    }
    try {
      return await this.#db.transaction().execute(async (trx) => {
        // Members are counted one request after the other: the row of their image is the lock.
        await trx
          .updateTable('images')
          .set((eb) => ({ revision: eb('revision', '+', 1) }))
          .where('id', '=', imageId)
          .execute()
        const { count } = await trx
          .selectFrom('image_members')
          .select((eb) => eb.fn.countAll<number>().as('count'))
          .where('image_id', '=', imageId)
          .executeTakeFirstOrThrow()
        if (quota >= 0 && count + 1 > quota) return count
        await trx.insertInto('image_members').values(row).execute()
        return memberOf(row)
      })
    } catch (error) {
      if (isUniqueViolation(error)) return 'taken'
      throw error
    }
  }

  async get(imageId: string, memberId: string): Promise<Member | undefined> {
    const row = await this.#db
      .selectFrom('image_members')
      .selectAll()
      .where('image_id', '=', imageId)
      .where('member_id', '=', memberId)
      .executeTakeFirst()
    return row && memberOf(row)
  }

  async list(imageId: string): Promise<Member[]> {
    const rows = await this.#db
      .selectFrom('image_members')
      .selectAll()
      .where('image_id', '=', imageId)
      .orderBy('created_at')
      .orderBy('member_id')
      .execute()
    return rows.map(memberOf)
  }

  async setStatus(imageId: string, memberId: string, status: MemberStatus): Promise<Member | undefined> {
    const row = await this.#db
      .updateTable('image_members')
      .set({ status, updated_at: new Date(this.#now()).toISOString() })
      .where('image_id', '=', imageId)
      .where('member_id', '=', memberId)
      .returningAll()
      .executeTakeFirst()
    return row && memberOf(row)
  }

  /** @returns whether there was one */
  async delete(imageId: string, memberId: string): Promise<boolean> {
    const result = await this.#db
      .deleteFrom('image_members')
      .where('image_id', '=', imageId)
      .where('member_id', '=', memberId)
      .executeTakeFirst()
    return result.numDeletedRows > 0n
  }
}

function memberOf(row: Selectable<ImageMemberTable>): Member {
  return {
    imageId: row.image_id,
    memberId: row.member_id,
    status: row.status as MemberStatus,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
  }
}
