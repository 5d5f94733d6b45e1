import { badRequest, parseBody, type ApiApp } from '@longhaul/oslo/api'
import { collectionRoutes, innerOf, linked, type CollectionDeps } from '../collection.ts'
import { policyTarget } from '../policy-target.ts'
import type { Regions } from './regions.ts'
import { newRegion, regionChange, regionFilters } from './schema.ts'

const words = {
  singular: 'region',
  plural: 'regions',
  create: newRegion,
  update: regionChange,
  filters: regionFilters,
}

/** @see Identity API v3, regions */
export function regionRoutes(app: ApiApp, deps: CollectionDeps, regions: Regions): void {
  collectionRoutes(app, deps, words, regions)

  app.put('/v3/regions/:id', async (request, reply) => {
    const { context } = await deps.callers(request)
    const { id } = request.params as { id: string }
    deps.policy.authorize('identity:create_region', policyTarget(request, { region_id: id }, {}), context)
    const input = parseBody(newRegion, innerOf(request.body, 'region'))
    if (input.id !== undefined && input.id !== id)
      throw badRequest(`Conflicting region IDs specified: "${id}" != "${input.id}"`, { code: 'id_differs' })
    const region = await regions.create({ ...input, id })
    return reply.code(201).send({ region: linked(app, request, '/v3/regions', regions.view(region)) })
  })
}
