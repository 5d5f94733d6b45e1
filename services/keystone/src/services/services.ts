import type { Collection } from '../collection.ts'
import { flag, given, mergedExtra, newExtra, readObject } from '../columns.ts'
import type { ServiceRow } from '../db/tables.ts'
import type { Db, Revision } from '../revision.ts'
import { serviceAttributes, type NewService, type ServiceChange } from './schema.ts'
import type { ServiceStore } from './store.ts'

export interface ServiceDeps {
  store: ServiceStore
  write: Revision['write']
  newId: () => string
  /** Removes the endpoints of a service that goes. */
  serviceGone: (trx: Db, id: string) => Promise<void>
}

/** The rules of services. Two services may have one name and one type. */
export function services(deps: ServiceDeps): Collection<ServiceRow, NewService, ServiceChange> {
  const { store, write } = deps
  return {
    find: store.find,
    list: (filters) => store.list(filters),
    async create(input) {
      const row: ServiceRow = {
        id: deps.newId(),
        type: input.type,
        name: input.name ?? '',
        enabled: flag(input.enabled ?? true),
        extra: newExtra(input, serviceAttributes),
      }
      await write((trx) => store.insert(trx, row))
      return row
    },
    async update(row, input) {
      const change = (now: ServiceRow) =>
        given({
          type: input.type,
          name: input.name,
          enabled: flag(input.enabled),
          extra: mergedExtra(now.extra, input, serviceAttributes),
        })
      await write((trx) => store.update(trx, row.id, change))
    },
    async delete(row) {
      await write(async (trx) => {
        await deps.serviceGone(trx, row.id)
        await store.delete(trx, row.id)
      })
    },
    view: ({ id, type, name, enabled, extra }) => ({
      ...readObject(extra),
      name,
      id,
      type,
      enabled: enabled === 1,
    }),
  }
}
