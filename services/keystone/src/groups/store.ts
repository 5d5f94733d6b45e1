import { sql } from 'kysely'
import type { GroupMemberRow } from '../db/tables.ts'
import type { Db } from '../revision.ts'
import { nameTaken, rowStore } from '../row-store.ts'

/** Groups in the database. */
export function groupStore(db: Db) {
  return {
    ...rowStore(db, 'groups', { singular: 'group', duplicate: nameTaken }),
    async deleteDomain(trx: Db, domainId: string): Promise<void> {
      await trx.deleteFrom('groups').where('domain_id', '=', domainId).execute()
    },
  }
}

export type GroupStore = ReturnType<typeof groupStore>

/** Who is in which group, in the database. */
export function memberStore(db: Db) {
  return {
    async has({ group_id, user_id }: GroupMemberRow, from: Db = db): Promise<boolean> {
      const row = await from
        .selectFrom('group_members')
        .select('user_id')
        .where('group_id', '=', group_id)
        .where('user_id', '=', user_id)
        .executeTakeFirst()
      return row !== undefined
    },
    /** Adding who is in it changes nothing. */
    async add(trx: Db, member: GroupMemberRow): Promise<void> {
      await trx
        .insertInto('group_members')
        .values(member)
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
    async remove(trx: Db, { group_id, user_id }: GroupMemberRow): Promise<void> {
      await trx
        .deleteFrom('group_members')
        .where('group_id', '=', group_id)
        .where('user_id', '=', user_id)
        .execute()
    },
    async usersOf(trx: Db, groupId: string): Promise<string[]> {
      const rows = await trx
        .selectFrom('group_members')
        .select('user_id')
        .where('group_id', '=', groupId)
        .execute()
      return rows.map((row) => row.user_id)
    },
    async removeGroup(trx: Db, groupId: string): Promise<void> {
      await trx.deleteFrom('group_members').where('group_id', '=', groupId).execute()
    },
    async removeUser(trx: Db, userId: string): Promise<void> {
      await trx.deleteFrom('group_members').where('user_id', '=', userId).execute()
    },
    /** Ends the memberships of a domain's users, and those in its groups. */
    async removeInDomain(trx: Db, domainId: string): Promise<void> {
      await trx
        .deleteFrom('group_members')
        .where((eb) => {
          const owned = (table: 'users' | 'groups') =>
            eb.selectFrom(table).select('id').where('domain_id', '=', domainId)
          return eb.or([eb('user_id', 'in', owned('users')), eb('group_id', 'in', owned('groups'))])
        })
        .execute()
    },
    /** A query for the ids of a group's users. */
    idsOfUsersIn: (groupId: string) =>
      sql<string>`(select user_id from group_members where group_id = ${groupId})`,
    /** A query for the ids of a user's groups. */
    idsOfGroupsWith: (userId: string) =>
      sql<string>`(select group_id from group_members where user_id = ${userId})`,
  }
}

export type MemberStore = ReturnType<typeof memberStore>
