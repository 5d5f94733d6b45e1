import type { FastifyInstance, FastifyRequest } from 'fastify'
import { computePageLinks, pageOf, parseBody } from '@longhaul/oslo/api'
import { actionOf } from '../action-name.ts'
import { linksOf } from '../links.ts'
import { served } from '../microversions.ts'
import { maxLimit, parseQuery } from '../query-parameters.ts'
import { contextOf, versionOf } from '../request-context.ts'
import type { FlavorAccess } from './access.ts'
import type { ExtraSpecs } from './extra-specs.ts'
import type { Flavors } from './flavors.ts'
import {
  createExtraSpecsBody,
  flavorActionBodies,
  flavorListQuery,
  parseCreateFlavor,
  updateExtraSpecBody,
  updateFlavorBody,
} from './schema.ts'
import type { Flavor } from './store.ts'
import { flavorSummary, flavorView } from './view.ts'

interface FlavorPath {
  Params: { flavor_id: string }
}

interface ExtraSpecPath {
  Params: { flavor_id: string; key: string }
}

export interface FlavorRoutesOptions {
  flavors: Flavors
  access: FlavorAccess
  extraSpecs: ExtraSpecs
}

/** The routes of `/flavors`, relative to `/v2.1`. */
export function flavorRoutes(app: FastifyInstance, options: FlavorRoutesOptions): void {
  const { flavors } = options
  const viewOptions = (request: FastifyRequest) => ({
    links: linksOf(request),
    version: versionOf(request),
    extraSpecs: flavors.showsExtraSpecs(contextOf(request)),
  })
  const answer = (request: FastifyRequest, flavor: Flavor) => ({
    flavor: flavorView(flavor, viewOptions(request)),
  })

  for (const [path, view] of [
    ['/flavors', flavorSummary],
    ['/flavors/detail', flavorView],
  ] as const) {
    app.get(path, async (request) => {
      const query = parseQuery(flavorListQuery, request.query, { version: versionOf(request) })
      const page = pageOf(query, { maxLimit, zero: 'none' })
      const list = await flavors.list(contextOf(request), query, page)
      const shown = viewOptions(request)
      const ids = list.map((flavor) => flavor.id)
      return {
        flavors: list.map((flavor) => view(flavor, shown)),
        ...computePageLinks('flavors', { url: shown.links.self(path), query, page, ids }),
      }
    })
  }

  app.get<FlavorPath>('/flavors/:flavor_id', async (request) => {
    return answer(request, await flavors.show(contextOf(request), request.params.flavor_id))
  })

  app.post('/flavors', async (request) => {
    const wanted = parseCreateFlavor(request.body, versionOf(request))
    return answer(request, await flavors.create(contextOf(request), wanted))
  })

  app.put<FlavorPath>('/flavors/:flavor_id', served({ from: '2.55' }), async (request) => {
    const { flavor } = parseBody(updateFlavorBody, request.body)
    const { flavor_id: id } = request.params
    return answer(request, await flavors.update(contextOf(request), id, flavor.description))
  })

  app.delete<FlavorPath>('/flavors/:flavor_id', async (request, reply) => {
    await flavors.delete(contextOf(request), request.params.flavor_id)
    return reply.code(202).send()
  })

  accessRoutes(app, options)
  extraSpecRoutes(app, options)
}

function accessRoutes(app: FastifyInstance, { access }: FlavorRoutesOptions): void {
  app.get<FlavorPath>('/flavors/:flavor_id/os-flavor-access', async (request) => {
    return { flavor_access: await access.list(contextOf(request), request.params.flavor_id) }
  })

  app.post<FlavorPath>('/flavors/:flavor_id/action', async (request) => {
    const { flavor_id: id } = request.params
    const context = contextOf(request)
    if (actionOf(request.body, flavorActionBodies) === 'addTenantAccess') {
      const { addTenantAccess } = parseBody(flavorActionBodies.addTenantAccess, request.body)
      const refusePublic = versionOf(request).atLeast('2.7')
      return { flavor_access: await access.add(context, id, addTenantAccess.tenant, refusePublic) }
    }
    const { removeTenantAccess } = parseBody(flavorActionBodies.removeTenantAccess, request.body)
    return { flavor_access: await access.remove(context, id, removeTenantAccess.tenant) }
  })
}

function extraSpecRoutes(app: FastifyInstance, { extraSpecs }: FlavorRoutesOptions): void {
  const path = '/flavors/:flavor_id/os-extra_specs'
  const checks = (request: FastifyRequest) => versionOf(request).atLeast('2.86')

  app.get<FlavorPath>(path, async (request) => {
    return { extra_specs: await extraSpecs.list(contextOf(request), request.params.flavor_id) }
  })

  app.post<FlavorPath>(path, async (request) => {
    const { extra_specs: specs } = parseBody(createExtraSpecsBody, request.body)
    await extraSpecs.create(contextOf(request), request.params.flavor_id, specs, checks(request))
    return { extra_specs: specs }
  })

  app.get<ExtraSpecPath>(`${path}/:key`, async (request) => {
    const { flavor_id: id, key } = request.params
    return await extraSpecs.show(contextOf(request), id, key)
  })

  app.put<ExtraSpecPath>(`${path}/:key`, async (request) => {
    const { flavor_id: id, key } = request.params
    const specs = parseBody(updateExtraSpecBody, request.body)
    await extraSpecs.update(contextOf(request), id, key, { specs, check: checks(request) })
    return specs
  })

  app.delete<ExtraSpecPath>(`${path}/:key`, async (request, reply) => {
    const { flavor_id: id, key } = request.params
    await extraSpecs.delete(contextOf(request), id, key)
    return reply.code(200).send()
  })
}
