import { badRequest, parseBody, type ApiApp } from '@longhaul/oslo/api'
import { collectionRoutes, linked, type Collection, type CollectionDeps } from '../collection.ts'
import type { RegionRow } from '../db/tables.ts'
import { newRegion, regionChange, regionFilters, type NewRegion, type RegionChange } from './schema.ts'

const words = {
  singular: 'region',
  plural: 'regions',
  create: newRegion,
  update: regionChange,
  filters: regionFilters,
}

/** @see Identity API v3, regions */
export function regionRoutes(
  app: ApiApp,
  deps: CollectionDeps,
  regions: Collection<RegionRow, NewRegion, RegionChange>,
): void {
  collectionRoutes(app, deps, words, regions)

  app.put('/v3/regions/:id', async (request, reply) => {
    const caller = await deps.callers(request)
    deps.policy.authorize('identity:create_region', {}, caller.context)
    const { id } = request.params as { id: string }
    const input = parseBody(newRegion, (request.body as { region?: unknown } | undefined)?.region ?? {})
    if (input.id !== undefined && input.id !== id)
      throw badRequest('The id of the region differs from that of the URL.', { code: 'id_differs' })
    const region = await regions.create({ ...input, id }, caller)
    return reply.code(201).send({ region: linked(app, request, '/v3/regions', regions.view(region)) })
  })
}
