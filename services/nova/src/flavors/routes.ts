import type { FastifyInstance } from 'fastify'
import { computePageLinks, pageOf, parseBody } from '@longhaul/oslo/api'
import { contextOf } from '../request-context.ts'
import type { Flavors } from './flavors.ts'
import { createFlavorBody } from './schema.ts'
import { flavorSummary, flavorView } from './view.ts'

interface FlavorPath {
  Params: { flavor_id: string }
}

const maxLimit = 1000

/** The routes of `/flavors`, relative to `/v2.1`. */
export function flavorRoutes(app: FastifyInstance, flavors: Flavors): void {
  for (const [path, view] of [
    ['/flavors', flavorSummary],
    ['/flavors/detail', flavorView],
  ] as const) {
    app.get(path, async (request) => {
      const query = request.query as Record<string, unknown>
      const page = pageOf(query, { maxLimit })
      const list = await flavors.list(contextOf(request), query, page)
      const baseUrl = app.api.baseUrl(request)
      const ids = list.map((flavor) => flavor.id)
      return {
        flavors: list.map((flavor) => view(flavor, baseUrl)),
        ...computePageLinks('flavors', { url: `${baseUrl}/v2.1${path}`, query, page, ids }),
      }
    })
  }

  app.get<FlavorPath>('/flavors/:flavor_id', async (request) => {
    const flavor = await flavors.show(contextOf(request), request.params.flavor_id)
    return { flavor: flavorView(flavor, app.api.baseUrl(request)) }
  })

  // Extra specifications do not exist; clients ask for them with every flavor they show.
  app.get<FlavorPath>('/flavors/:flavor_id/os-extra_specs', async (request) => {
    await flavors.show(contextOf(request), request.params.flavor_id)
    return { extra_specs: {} }
  })

  app.post('/flavors', async (request) => {
    const { flavor } = parseBody(createFlavorBody, request.body)
    const created = await flavors.create(contextOf(request), flavor)
    return { flavor: flavorView(created, app.api.baseUrl(request)) }
  })

  app.delete<FlavorPath>('/flavors/:flavor_id', async (request, reply) => {
    await flavors.delete(contextOf(request), request.params.flavor_id)
    return reply.code(202).send()
  })
}
