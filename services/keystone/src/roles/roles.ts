import { badRequest } from '@longhaul/oslo/api'
import type { Collection } from '../collection.ts'
import { given, mergedExtra, mergedOptions, newExtra, readObject } from '../columns.ts'
import type { RoleRow } from '../db/tables.ts'
import { refuseImmutable } from '../immutable.ts'
import type { Db, Revision } from '../revision.ts'
import { roleAttributes, type NewRole, type RoleChange } from './schema.ts'
import type { RoleStore } from './store.ts'

export interface RoleDeps {
  store: RoleStore
  write: Revision['write']
  newId: () => string
  /** Removes the grants of a role that goes. */
  roleGone: (trx: Db, id: string) => Promise<void>
}

export type Roles = Collection<RoleRow, NewRole, RoleChange>

/** The rules of roles. What a role allows is looked up at each validation, so nothing is revoked. */
export function roles({ store, write, newId, roleGone }: RoleDeps): Roles {
  return {
    find: store.find,
    // Without a domain only global roles are listed.
    list: (filters) =>
      filters.some(({ name }) => name === 'domain_id')
        ? store.list(filters)
        : store.list(filters, { domain_id: '' }),
    async create(input) {
      const row: RoleRow = {
        id: newId(),
        name: input.name,
        domain_id: input.domain_id ?? '',
        description: input.description ?? null,
        options: mergedOptions('{}', input.options),
        extra: newExtra(input, roleAttributes),
      }
      await write((trx) => store.insert(trx, row))
      return row
    },
    async update(row, input) {
      if (input.domain_id !== undefined && (input.domain_id ?? '') !== row.domain_id)
        throw badRequest('Update of `domain_id` is not allowed.', { code: 'domain_fixed' })
      const change = (now: RoleRow) => {
        refuseImmutable('role', now, input)
        return given({
          name: input.name,
          description: input.description,
          options: input.options && mergedOptions(now.options, input.options),
          extra: mergedExtra(now.extra, input, roleAttributes),
        })
      }
      await write((trx) => store.update(trx, row.id, change))
    },
    async delete(row) {
      refuseImmutable('role', row)
      await write(async (trx) => {
        await roleGone(trx, row.id)
        await store.unlink(trx, row.id)
        await store.delete(trx, row.id)
      })
    },
    view: roleView,
  }
}

export function roleView({ id, name, domain_id, description, options, extra }: RoleRow) {
  return {
    ...readObject(extra),
    id,
    name,
    domain_id: domain_id === '' ? null : domain_id,
    description,
    options: readObject(options),
  }
}
