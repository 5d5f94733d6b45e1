import { notFound } from '@longhaul/oslo/api'
import type { GroupMemberRow } from '../db/tables.ts'
import type { Db, Revision } from '../revision.ts'
import type { MemberStore } from './store.ts'

export interface MemberDeps {
  store: MemberStore
  write: Revision['write']
  /** Ends all tokens that a user has. */
  revokeTokensOf: (trx: Db, userId: string) => Promise<void>
}

/** The rules of who is in a group. Whoever leaves one loses all tokens: any of them may have had its roles. */
export function members({ store, write, revokeTokensOf }: MemberDeps) {
  const mustBeIn = async (member: GroupMemberRow, db?: Db) => {
    if (!(await store.has(member, db)))
      throw notFound(`User '${member.user_id}' not found in group '${member.group_id}'`, {
        code: 'member_not_found',
      })
  }
  return {
    /** @throws ApiError 404 `member_not_found` */
    check: (member: GroupMemberRow) => mustBeIn(member),
    add: (member: GroupMemberRow) => write((trx) => store.add(trx, member)),
    /** @throws ApiError 404 `member_not_found` */
    remove: (member: GroupMemberRow) =>
      write(async (trx) => {
        await mustBeIn(member, trx)
        await store.remove(trx, member)
        await revokeTokensOf(trx, member.user_id)
      }),
  }
}

export type Members = ReturnType<typeof members>
