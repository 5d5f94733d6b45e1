import { badRequest, notFound } from '@longhaul/oslo/api'
import { domainOfCaller, type Caller } from '../caller.ts'
import type { Collection } from '../collection.ts'
import { given, mergedExtra, newExtra, readObject } from '../columns.ts'
import type { GroupRow } from '../db/tables.ts'
import type { Db, Revision } from '../revision.ts'
import { groupAttributes, type GroupChange, type NewGroup } from './schema.ts'
import type { GroupStore } from './store.ts'

export interface GroupDeps {
  store: GroupStore
  write: Revision['write']
  newId: () => string
  defaultDomainId: string
  isDomain: (id: string, from?: Db) => Promise<boolean>
  /** Takes the roles of a group that goes, and ends its users' tokens if it had any; ends all memberships. */
  groupGone: (trx: Db, id: string) => Promise<void>
}

export type Groups = Collection<GroupRow, NewGroup, GroupChange> & {
  /** The domain in which a new group will be. */
  domainFor(body: Record<string, unknown>, caller: Caller): string
}

/** The rules of groups. */
export function groups({ store, write, newId, defaultDomainId, isDomain, groupGone }: GroupDeps): Groups {
  const usualDomain = (caller: Caller) => domainOfCaller(caller) ?? defaultDomainId
  return {
    find: store.find,
    domainFor: ({ domain_id }, caller) => (typeof domain_id === 'string' ? domain_id : usualDomain(caller)),
    list: (filters, domainId) => store.list(filters, given({ domain_id: domainId })),
    async create(input, caller) {
      const domainId = input.domain_id ?? usualDomain(caller)
      const row: GroupRow = {
        id: newId(),
        name: input.name.trim(),
        domain_id: domainId,
        description: input.description === undefined ? '' : input.description,
        extra: newExtra(input, groupAttributes),
      }
      await write(async (trx) => {
        if (!(await isDomain(domainId, trx)))
          throw notFound(`Could not find domain: ${domainId}.`, { code: 'domain_not_found' })
        await store.insert(trx, row)
      })
      return row
    },
    async update(row, input) {
      if (input.domain_id && input.domain_id !== row.domain_id)
        throw badRequest('Cannot change Domain ID', { code: 'domain_fixed' })
      const change = (now: GroupRow) =>
        given({
          name: input.name?.trim(),
          description: input.description,
          extra: mergedExtra(now.extra, input, groupAttributes),
        })
      await write((trx) => store.update(trx, row.id, change))
    },
    async delete(row) {
      await write(async (trx) => {
        await groupGone(trx, row.id)
        await store.delete(trx, row.id)
      })
    },
    view: groupView,
  }
}

export function groupView({ id, name, domain_id, description, extra }: GroupRow) {
  return { ...readObject(extra), id, name, domain_id, description }
}
