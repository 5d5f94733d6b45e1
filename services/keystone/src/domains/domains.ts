import { badRequest, forbidden } from '@longhaul/oslo/api'
import type { Collection } from '../collection.ts'
import { flag, given, mergedExtra, mergedOptions, newExtra, readObject, readTags } from '../columns.ts'
import type { ProjectRow } from '../db/tables.ts'
import { refuseImmutable } from '../immutable.ts'
import type { Db, Revision } from '../revision.ts'
import { domainAttributes, type DomainChange, type NewDomain } from './schema.ts'
import type { DomainStore } from './store.ts'

export interface DomainDeps {
  store: DomainStore
  write: Revision['write']
  newId: () => string
  /** Removes all that a domain owns when it goes, and revokes its tokens. */
  domainGone: (trx: Db, id: string) => Promise<void>
}

export interface Domains extends Collection<ProjectRow, NewDomain, DomainChange> {
  create(input: NewDomain): Promise<ProjectRow>
}

/** The rules of domains. Tokens of a disabled domain do not hold while it is disabled; nothing is revoked. */
export function domains({ store, write, newId, domainGone }: DomainDeps): Domains {
  return {
    find: store.find,
    list: (filters, domainId) => store.list(filters, given({ id: domainId })),
    async create(input) {
      const row: ProjectRow = {
        id: chosenId(input) ?? newId(),
        name: input.name.trim(),
        domain_id: '',
        parent_id: '',
        is_domain: 1,
        description: input.description === undefined ? '' : input.description,
        enabled: flag(input.enabled ?? true),
        tags: JSON.stringify(input.tags ?? []),
        options: mergedOptions('{}', input.options),
        extra: newExtra(input, domainAttributes),
      }
      await write((trx) => store.insert(trx, row))
      return row
    },
    async update(row, input) {
      const change = (now: ProjectRow) => {
        refuseImmutable('domain', now, input)
        return given({
          name: input.name?.trim(),
          description: input.description,
          enabled: flag(input.enabled),
          tags: input.tags && JSON.stringify(input.tags),
          options: input.options && mergedOptions(now.options, input.options),
          extra: mergedExtra(now.extra, input, domainAttributes),
        })
      }
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

function chosenId({ explicit_domain_id: id }: NewDomain): string | undefined {
  if (id !== undefined && !/^[0-9a-f]{32}$/.test(id))
    throw badRequest('Domain ID does not conform to required UUID format.', { code: 'domain_id_invalid' })
  return id
}

export function domainView({ id, name, description, enabled, tags, options, extra }: ProjectRow) {
  return {
    ...readObject(extra),
    id,
    name,
    description,
    enabled: enabled === 1,
    tags: readTags(tags),
    options: readObject(options),
  }
}
