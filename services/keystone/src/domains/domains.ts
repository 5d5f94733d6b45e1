import { forbidden } from '@longhaul/oslo/api'
import type { Collection } from '../collection.ts'
import { filterFlag, flag, given, mergedOptions, readObject, readTags } from '../columns.ts'
import type { DomainRow } from '../db/tables.ts'
import { refuseImmutable } from '../immutable.ts'
import type { Db, Revision } from '../revision.ts'
import type { DomainChange, NewDomain } from './schema.ts'
import type { DomainStore } from './store.ts'

export interface DomainDeps {
  store: DomainStore
  write: Revision['write']
  newId: () => string
  /** Removes users, projects and grants of a domain that goes, and revokes its tokens. */
  domainGone: (trx: Db, id: string) => Promise<void>
}

/** The rules of domains. Tokens of a disabled domain do not hold while it is disabled; nothing is revoked. */
export function domains({
  store,
  write,
  newId,
  domainGone,
}: DomainDeps): Collection<DomainRow, NewDomain, DomainChange> {
  return {
    find: store.find,
    list: ({ name, enabled }) =>
      store.list(given({ name, enabled: enabled === undefined ? undefined : filterFlag(enabled) })),
    async create(input) {
      const row: DomainRow = {
        id: newId(),
        name: input.name,
        description: input.description ?? '',
        enabled: flag(input.enabled, true),
        tags: JSON.stringify(input.tags ?? []),
        options: mergedOptions('{}', input.options),
      }
      await write((trx) => store.insert(trx, row))
      return row
    },
    async update(row, input) {
      refuseImmutable('domain', row, input)
      const change = given({
        name: input.name,
        description: input.description ?? undefined,
        enabled: typeof input.enabled === 'boolean' ? flag(input.enabled, true) : undefined,
        tags: input.tags && JSON.stringify(input.tags),
        options: input.options && mergedOptions(row.options, input.options),
      })
      await write((trx) => store.update(trx, row.id, change))
    },
    async delete(row) {
      refuseImmutable('domain', row)
      if (row.enabled)
        throw forbidden('Cannot delete a domain that is enabled, please disable it first.', {
          code: 'domain_enabled',
        })
      await write(async (trx) => {
        await domainGone(trx, row.id)
        await store.delete(trx, row.id)
      })
    },
    view: domainView,
  }
}

export function domainView({ id, name, description, enabled, tags, options }: DomainRow) {
  return {
    id,
    name,
    description,
    enabled: enabled === 1,
    tags: readTags(tags),
    options: readObject(options),
  }
}
