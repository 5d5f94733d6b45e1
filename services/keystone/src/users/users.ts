import { badRequest, notFound } from '@longhaul/oslo/api'
import { domainOfCaller } from '../caller.ts'
import type { Collection } from '../collection.ts'
import { extraOf, filterFlag, flag, given, mergedExtra, mergedOptions, readObject } from '../columns.ts'
import type { UserRow } from '../db/tables.ts'
import { notAuthenticated } from '../refusal.ts'
import type { Db, Revision } from '../revision.ts'
import { userAttributes, type NewUser, type PasswordChange, type UserChange } from './schema.ts'
import type { UserStore } from './store.ts'

export interface UserDeps {
  store: UserStore
  write: Revision['write']
  newId: () => string
  defaultDomainId: string
  hashPassword: (password: string) => Promise<string>
  /** Compares with a hash, or does the same work in vain without one. */
  checkPassword: (password: string, hash: string | undefined) => Promise<boolean>
  domainExists: (id: string) => Promise<boolean>
  /** Ends all tokens that a user has. */
  revokeTokensOf: (trx: Db, userId: string) => Promise<void>
  /** Removes the grants of a user who goes. */
  userGone: (trx: Db, userId: string) => Promise<void>
}

export interface Users extends Collection<UserRow, NewUser, UserChange> {
  /** Changes a password for whoever knows the present one. @throws ApiError 401 */
  changePassword(id: string, change: PasswordChange): Promise<void>
}

/** The rules of users. A new password, disabling and deletion end all tokens of the user, in the same transaction. */
export function users(deps: UserDeps): Users {
  const { store, write } = deps
  return {
    find: store.find,
    list: ({ enabled, ...filters }) =>
      store.list({ ...filters, ...(enabled === undefined ? {} : { enabled: filterFlag(enabled) }) }),
    async create(input, caller) {
      const domainId = input.domain_id ?? domainOfCaller(caller) ?? deps.defaultDomainId
      if (!(await deps.domainExists(domainId)))
        throw notFound(`Could not find domain: ${domainId}.`, { code: 'domain_not_found' })
      const row: UserRow = {
        id: deps.newId(),
        name: input.name,
        domain_id: domainId,
        enabled: flag(input.enabled, true),
        password_hash: typeof input.password === 'string' ? await deps.hashPassword(input.password) : null,
        default_project_id: input.default_project_id ?? null,
        options: mergedOptions('{}', input.options),
        extra: JSON.stringify(extraOf(input, userAttributes)),
      }
      await write((trx) => store.insert(trx, row))
      return row
    },
    async update(row, input) {
      if (input.domain_id && input.domain_id !== row.domain_id)
        throw badRequest('Cannot change Domain ID', { code: 'domain_fixed' })
      const newPassword =
        typeof input.password === 'string' ? await deps.hashPassword(input.password) : undefined
      const change = given({
        name: input.name,
        enabled: typeof input.enabled === 'boolean' ? flag(input.enabled, true) : undefined,
        password_hash: newPassword,
        default_project_id: input.default_project_id,
        options: input.options && mergedOptions(row.options, input.options),
        extra: mergedExtra(row.extra, input, userAttributes),
      })
      await write(async (trx) => {
        await store.update(trx, row.id, change)
        if (newPassword !== undefined || input.enabled === false) await deps.revokeTokensOf(trx, row.id)
      })
    },
    async delete(row) {
      await write(async (trx) => {
        await deps.userGone(trx, row.id)
        await deps.revokeTokensOf(trx, row.id)
        await store.delete(trx, row.id)
      })
    },
    async changePassword(id, change) {
      const row = await store.find(id)
      const matches = await deps.checkPassword(change.original_password, row?.password_hash ?? undefined)
      if (!row?.enabled || !matches) throw notAuthenticated('unknown user or wrong original password')
      const password_hash = await deps.hashPassword(change.password)
      await write(async (trx) => {
        await store.update(trx, id, { password_hash })
        await deps.revokeTokensOf(trx, id)
      })
    },
    view: userView,
  }
}

export function userView({ id, name, domain_id, enabled, default_project_id, options, extra }: UserRow) {
  return {
    ...readObject(extra),
    id,
    name,
    domain_id,
    enabled: enabled === 1,
    ...(default_project_id === null ? {} : { default_project_id }),
    password_expires_at: null,
    options: readObject(options),
  }
}
