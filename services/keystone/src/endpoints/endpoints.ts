import { badRequest } from '@longhaul/oslo/api'
import type { Collection } from '../collection.ts'
import { flag, given, mergedExtra, newExtra, readObject } from '../columns.ts'
import type { EndpointRow } from '../db/tables.ts'
import { expecting } from '../refusal.ts'
import type { Db, Revision } from '../revision.ts'
import { endpointAttributes, type EndpointChange, type NewEndpoint } from './schema.ts'
import type { EndpointStore } from './store.ts'

export interface EndpointDeps {
  store: EndpointStore
  write: Revision['write']
  newId: () => string
  serviceExists: (trx: Db, id: string) => Promise<boolean>
  regionExists: (trx: Db, id: string) => Promise<boolean>
  /** The older attribute `region` makes its region. */
  ensureRegion: (trx: Db, id: string) => Promise<void>
  /** Whether a URL can be filled in for a token. */
  isUrlTemplate: (url: string) => boolean
}

/** The rules of endpoints. */
export function endpoints(deps: EndpointDeps): Collection<EndpointRow, NewEndpoint, EndpointChange> {
  const { store, write } = deps
  return {
    find: store.find,
    list: (filters) => store.list(filters),
    async create(input) {
      const row: EndpointRow = {
        id: deps.newId(),
        service_id: input.service_id,
        interface: input.interface,
        url: input.url,
        region_id: input.region_id ?? input.region ?? null,
        enabled: flag(input.enabled ?? true),
        extra: newExtra(input, endpointAttributes),
      }
      await write(async (trx) => {
        await check(deps, trx, input)
        await ensureNamedRegion(deps, trx, input)
        await store.insert(trx, row)
      })
      return row
    },
    async update(row, input) {
      const change = (now: EndpointRow) =>
        given({
          service_id: input.service_id,
          interface: input.interface,
          url: input.url,
          region_id: input.region_id ?? input.region,
          enabled: flag(input.enabled),
          extra: mergedExtra(now.extra, input, endpointAttributes),
        })
      await write(async (trx) => {
        await check(deps, trx, input)
        await ensureNamedRegion(deps, trx, input)
        await store.update(trx, row.id, change)
      })
    },
    async delete(row) {
      await write((trx) => store.delete(trx, row.id))
    },
    view: ({ id, interface: side, region_id, service_id, url, enabled, extra }) => ({
      ...readObject(extra),
      id,
      interface: side,
      region_id,
      service_id,
      url,
      enabled: enabled === 1,
      region: region_id,
    }),
  }
}

async function check(deps: EndpointDeps, trx: Db, input: EndpointChange): Promise<void> {
  const { service_id: service, region_id: region, url } = input
  if (service !== undefined && !(await deps.serviceExists(trx, service)))
    throw expecting('endpoint service_id', 'service table', 'service_unknown')
  if (region !== undefined && !(await deps.regionExists(trx, region)))
    throw expecting('endpoint region_id', 'region table', 'region_unknown')
  if (url !== undefined && !deps.isUrlTemplate(url))
    throw badRequest(`Cannot create an endpoint with an invalid URL: ${url}.`, { code: 'url_invalid' })
}

async function ensureNamedRegion(deps: EndpointDeps, trx: Db, input: EndpointChange): Promise<void> {
  if (input.region && input.region_id === undefined) await deps.ensureRegion(trx, input.region)
}
