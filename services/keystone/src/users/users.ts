import { badRequest, notFound } from '@longhaul/oslo/api'
import { domainOfCaller, type Caller } from '../caller.ts'
import type { Collection } from '../collection.ts'
import { flag, given, mergedExtra, mergedOptions, newExtra, readObject } from '../columns.ts'
import type { UserRow } from '../db/tables.ts'
import type { Filter } from '../filters.ts'
import { clientError, notAuthenticated } from '../refusal.ts'
import type { Db, Revision } from '../revision.ts'
import {
  foreignFilters,
  userAttributes,
  type NewUser,
  type PasswordChange,
  type UserChange,
} from './schema.ts'
import type { UserStore } from './store.ts'

export interface UserDeps {
  store: UserStore
  write: Revision['write']
  newId: () => string
  defaultDomainId: string
  hashPassword: (password: string) => Promise<string>
  /** Compares with a hash, or does the same work in vain without one. */
  checkPassword: (password: string, hash: string | undefined) => Promise<boolean>
  isDomain: (id: string, from?: Db) => Promise<boolean>
  /** Ends all tokens that a user has. */
  revokeTokensOf: (trx: Db, userId: string) => Promise<void>
  /** Removes the grants and memberships of a user who goes. */
  userGone: (trx: Db, userId: string) => Promise<void>
}

export interface Users extends Collection<UserRow, NewUser, UserChange> {
  /** The domain in which a new user will be. */
  domainFor(body: Record<string, unknown>, caller: Caller): string
  /** Changes a password for whoever knows the present one. @throws ApiError 401, 400 `password_locked` */
  changePassword(id: string, change: PasswordChange): Promise<void>
}

/** The rules of users. A new password, disabling and deletion end all tokens of the user, in the same transaction. */
export function users(deps: UserDeps): Users {
  const { store, write } = deps
  const usualDomain = (caller: Caller) => domainOfCaller(caller) ?? deps.defaultDomainId
  const refuseDomainAsProject = async (trx: Db, id: string | null | undefined) => {
    if (typeof id === 'string' && (await deps.isDomain(id, trx)))
      throw badRequest(`User's default project ID cannot be a domain ID: ${id}`, {
        code: 'default_is_domain',
      })
  }
  return {
    find: store.find,
    domainFor: ({ domain_id }, caller) => (typeof domain_id === 'string' ? domain_id : usualDomain(caller)),
    async list(filters, domainId) {
      return asksForNobody(filters) ? [] : store.list(filters, given({ domain_id: domainId }))
    },
    async create(input, caller) {
      const domainId = input.domain_id ?? usualDomain(caller)
      const row: UserRow = {
        id: deps.newId(),
        name: input.name.trim(),
        domain_id: domainId,
        enabled: flag(input.enabled ?? true),
        password_hash: typeof input.password === 'string' ? await deps.hashPassword(input.password) : null,
        default_project_id: input.default_project_id ?? null,
        options: mergedOptions('{}', input.options),
        extra: newExtra(input, userAttributes),
      }
      await write(async (trx) => {
        if (!(await deps.isDomain(domainId, trx)))
          throw notFound(`Could not find domain: ${domainId}.`, { code: 'domain_not_found' })
        await refuseDomainAsProject(trx, row.default_project_id)
        await store.insert(trx, row)
      })
      return row
    },
    async update(row, input) {
      if (input.domain_id && input.domain_id !== row.domain_id)
        throw badRequest('Cannot change Domain ID', { code: 'domain_fixed' })
      const newPassword =
        typeof input.password === 'string' ? await deps.hashPassword(input.password) : undefined
      const change = (now: UserRow) =>
        given({
          name: input.name?.trim(),
          enabled: flag(input.enabled),
          password_hash: newPassword,
          default_project_id: input.default_project_id,
          options: input.options && mergedOptions(now.options, input.options),
          extra: mergedExtra(now.extra, input, userAttributes),
        })
      await write(async (trx) => {
        await refuseDomainAsProject(trx, input.default_project_id)
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
      const refused = () => notAuthenticated('unknown user or wrong original password')
      if (!row?.enabled || !matches) throw refused()
      if (readObject(row.options)['lock_password'] === true) throw passwordLocked()
      const password_hash = await deps.hashPassword(change.password)
      await write(async (trx) => {
        await store.update(trx, id, (now) => {
          // Hashing takes its time: an administrator may have reset the password or disabled the user meanwhile.
          if (!now.enabled || now.password_hash !== row.password_hash) throw refused()
          return { password_hash }
        })
        await deps.revokeTokensOf(trx, id)
      })
    },
    view: userView,
    changedView: (row) => ({ ...userView(row), extra: readObject(row.extra) }),
  }
}

function passwordLocked() {
  return badRequest(
    'You cannot change your password at this time due to password policy disallowing password changes. ' +
      'Please contact your administrator to reset your password.',
    { code: 'password_locked' },
  )
}

/** `lt:2026-01-02T03:04:05Z`, with or without a comparison. */
/**
 * Whether filters ask for what no user has: no password expires, and nobody comes from elsewhere.
 *
 * @throws ApiError 400 `time_invalid`
 */
export function asksForNobody(filters: readonly Filter[]): boolean {
  const names: readonly string[] = foreignFilters
  const expiry = filters.filter(({ name }) => name === 'password_expires_at')
  for (const { value } of expiry) refuseBadTime(value)
  return expiry.length > 0 || filters.some(({ name }) => names.includes(name))
}

function refuseBadTime(value: string): void {
  if (!/^(?:(?:lt|lte|gt|gte|eq|neq):)?\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$/.test(value))
    throw badRequest(`Timestamp not in expected format. ${clientError}`, { code: 'time_invalid' })
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
