import { notFound } from '@longhaul/oslo/api'
import type { GroupMemberRow } from '../db/tables.ts'
import type { Db, Revision } from '../revision.ts'
import type { MemberStore } from './store.ts'

export interface MemberDeps {
  store: MemberStore
  /** Whether group and user are still there. */
  exist: (trx: Db, member: GroupMemberRow) => Promise<boolean>
  write: Revision['write']
  /** Ends all tokens that a user has. */
  revokeTokensOf: (trx: Db, userId: string) => Promise<void>
}

/** The rules of who is in a group. Whoever leaves one loses all tokens: any of them may have had its roles. */
export function members({ store, exist, write, revokeTokensOf }: MemberDeps) {
  const mustBeIn = async (member: GroupMemberRow, db?: Db) => {
    if (!(await store.has(member, db))) throw notInGroup(member)
  }
  return {
    /** @throws ApiError 404 `member_not_found` */
    check: (member: GroupMemberRow) => mustBeIn(member),
    /** @throws ApiError 404 `member_not_found` if one of them has just gone */
    add: (member: GroupMemberRow) =>
      write(async (trx) => {
        if (!(await exist(trx, member))) throw notInGroup(member)
        await store.add(trx, member)
      }),
    /** @throws ApiError 404 `member_not_found` */
    remove: (member: GroupMemberRow) =>
      write(async (trx) => {
        await mustBeIn(member, trx)
        await store.remove(trx, member)
        await revokeTokensOf(trx, member.user_id)
      }),
  }
}

function notInGroup({ user_id, group_id }: GroupMemberRow) {
  return notFound(`User '${user_id}' not found in group '${group_id}'`, { code: 'member_not_found' })
}

export type Members = ReturnType<typeof members>
