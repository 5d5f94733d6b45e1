import { badRequest, forbidden, notFound } from '@longhaul/oslo/api'
import type { Collection } from '../collection.ts'
import { given } from '../columns.ts'
import type { RegionRow } from '../db/tables.ts'
import type { Revision } from '../revision.ts'
import type { NewRegion, RegionChange } from './schema.ts'
import type { RegionStore } from './store.ts'

export interface RegionDeps {
  store: RegionStore
  write: Revision['write']
  newId: () => string
}

/** The rules of regions. */
export function regions({ store, write, newId }: RegionDeps): Collection<RegionRow, NewRegion, RegionChange> {
  const mustExist = async (id: string) => {
    if (!(await store.find(id))) throw notFound(`Could not find region: ${id}.`, { code: 'region_not_found' })
  }
  return {
    find: store.find,
    list: (filters) => store.list(filters),
    async create(input) {
      if (input.parent_region_id) await mustExist(input.parent_region_id)
      const row: RegionRow = {
        id: input.id || newId(),
        description: input.description ?? '',
        parent_region_id: input.parent_region_id ?? null,
      }
      await write((trx) => store.insert(trx, row))
      return row
    },
    async update(row, input) {
      if (input.id !== undefined && input.id !== row.id)
        throw badRequest('The id of a region cannot be changed.', { code: 'id_fixed' })
      if (input.parent_region_id) {
        await mustExist(input.parent_region_id)
        await refuseCircle(store, row.id, input.parent_region_id)
      }
      const change = given({
        description: input.description ?? undefined,
        parent_region_id: input.parent_region_id,
      })
      await write((trx) => store.update(trx, row.id, change))
    },
    async delete(row) {
      if ((await store.list({ parent_region_id: row.id })).length > 0)
        throw forbidden('A region that has children cannot be deleted.', { code: 'region_has_children' })
      if (await store.hasEndpoints(row.id))
        throw forbidden('A region that has endpoints cannot be deleted.', { code: 'region_has_endpoints' })
      await write((trx) => store.delete(trx, row.id))
    },
    view: ({ id, description, parent_region_id }) => ({ id, description, parent_region_id }),
  }
}

async function refuseCircle(store: RegionStore, id: string, parentId: string): Promise<void> {
  const seen = new Set([id])
  let above: string | null = parentId
  while (above !== null) {
    if (seen.has(above)) throw badRequest('A region cannot be above itself.', { code: 'region_circle' })
    seen.add(above)
    above = (await store.find(above))?.parent_region_id ?? null
  }
}
