import { badRequest, forbidden, notFound } from '@longhaul/oslo/api'
import type { Collection } from '../collection.ts'
import { given, mergedExtra, newExtra, readObject } from '../columns.ts'
import type { RegionRow } from '../db/tables.ts'
import type { Db, Revision } from '../revision.ts'
import { regionAttributes, type NewRegion, type RegionChange } from './schema.ts'
import type { RegionStore } from './store.ts'

export interface RegionDeps {
  store: RegionStore
  write: Revision['write']
  newId: () => string
}

export type Regions = Collection<RegionRow, NewRegion, RegionChange> & {
  create(input: NewRegion): Promise<RegionRow>
}

/** The rules of regions, which stand in a tree. */
export function regions({ store, write, newId }: RegionDeps): Regions {
  const mustExist = async (trx: Db, id: string) => {
    if (!(await store.find(id, trx)))
      throw notFound(`Could not find region: ${id}.`, { code: 'region_not_found' })
  }
  return {
    find: store.find,
    list: (filters) => store.list(filters),
    async create(input) {
      const row: RegionRow = {
        id: input.id || newId(),
        description: input.description ?? '',
        parent_region_id: input.parent_region_id ?? null,
        extra: newExtra(input, regionAttributes),
      }
      await write(async (trx) => {
        if (row.parent_region_id) await mustExist(trx, row.parent_region_id)
        await store.insert(trx, row)
      })
      return row
    },
    async update(row, input) {
      const parent = input.parent_region_id
      const change = (now: RegionRow) =>
        given({
          description: input.description === null ? '' : input.description,
          parent_region_id: parent,
          extra: mergedExtra(now.extra, input, regionAttributes),
        })
      await write(async (trx) => {
        if (parent) await mustExist(trx, parent)
        if (parent && (await store.withChildren(trx, row.id)).some(({ id }) => id === parent))
          throw badRequest(
            `The specified parent region ${row.id} would create a circular region hierarchy.`,
            {
              code: 'region_circle',
            },
          )
        await store.update(trx, row.id, change)
      })
    },
    async delete(row) {
      await write(async (trx) => {
        const ids = (await store.withChildren(trx, row.id)).map(({ id }) => id)
        if (await store.haveEndpoints(trx, ids))
          throw forbidden(
            `Unable to delete region ${row.id} because it or its child regions have associated endpoints.`,
            { code: 'region_has_endpoints' },
          )
        await store.deleteAll(trx, ids)
      })
    },
    view: ({ id, description, parent_region_id, extra }) => ({
      ...readObject(extra),
      id,
      description,
      parent_region_id,
    }),
  }
}
