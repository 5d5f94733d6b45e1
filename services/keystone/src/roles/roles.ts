import { badRequest } from '@longhaul/oslo/api'
import type { Collection } from '../collection.ts'
import { given, mergedOptions, readObject } from '../columns.ts'
import type { RoleRow } from '../db/tables.ts'
import { refuseImmutable } from '../immutable.ts'
import type { Db, Revision } from '../revision.ts'
import type { NewRole, RoleChange } from './schema.ts'
import type { RoleStore } from './store.ts'

export interface RoleDeps {
  store: RoleStore
  write: Revision['write']
  newId: () => string
  /** Removes the grants of a role that goes. */
  roleGone: (trx: Db, id: string) => Promise<void>
}

/** The rules of roles. What a role allows is looked up at each validation, so nothing is revoked. */
export function roles({ store, write, newId, roleGone }: RoleDeps): Collection<RoleRow, NewRole, RoleChange> {
  return {
    find: store.find,
    // Without a domain only global roles are listed.
    list: ({ name, domain_id }) => store.list({ ...given({ name }), domain_id: domain_id ?? '' }),
    async create(input) {
      const row: RoleRow = {
        id: newId(),
        name: input.name,
        domain_id: input.domain_id ?? '',
        description: input.description ?? null,
        options: mergedOptions('{}', input.options),
      }
      await write((trx) => store.insert(trx, row))
      return row
    },
    async update(row, input) {
      refuseImmutable('role', row, input)
      if (input.domain_id && input.domain_id !== row.domain_id)
        throw badRequest('Cannot change Domain ID', { code: 'domain_fixed' })
      const change = given({
        name: input.name,
        description: input.description,
        options: input.options && mergedOptions(row.options, input.options),
      })
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

export function roleView({ id, name, domain_id, description, options }: RoleRow) {
  return {
    id,
    name,
    domain_id: domain_id === '' ? null : domain_id,
    description,
    options: readObject(options),
  }
}
