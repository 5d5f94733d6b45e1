import type { FastifyInstance } from 'fastify'
import { badRequest, computePageLinks, parseBody } from '@longhaul/oslo/api'
import { linksOf } from '../links.ts'
import type { Condition } from '../list-filter.ts'
import { parseListQuery, type ListQuery } from '../list-query.ts'
import { isTrue } from '../parameter-types.ts'
import { contextOf, versionOf } from '../request-context.ts'
import {
  extraSpecBody,
  extraSpecsBody,
  parseAccess,
  parseCreate,
  parseUpdate,
  typeListTable,
} from './schema.ts'
import type { VolumeType } from './store.ts'
import type { VolumeTypes } from './volume-types.ts'

interface TypePath {
  Params: { type_id: string }
}

interface SpecPath {
  Params: { type_id: string; key: string }
}

/** The routes of `/types`, relative to `/v3`. */
export function typeRoutes(app: FastifyInstance, types: VolumeTypes): void {
  app.get('/types', async (request) => {
    const context = contextOf(request)
    // An administrator's client always says which of them it means.
    const { is_public: wanted, ...query } = request.query as Record<string, unknown>
    const list = parseListQuery(query, typeListTable, {
      version: versionOf(request),
      admin: types.isAdmin(context),
    })
    const all = (await types.list(context)).filter((type) => isWanted(type, wanted))
    const page = pageOf(all, list)
    return {
      volume_types: page.map((type) => types.view(context, type)),
      ...computePageLinks('volume_type', {
        url: linksOf(request).self('/types'),
        query: request.query as Record<string, unknown>,
        page: list.page,
        ids: page.map(({ id }) => id),
      }),
    }
  })

  app.post('/types', async (request) => {
    const context = contextOf(request)
    const type = await types.create(context, parseCreate(request.body))
    return { volume_type: types.view(context, type) }
  })

  app.get<TypePath>('/types/:type_id', async (request) => {
    const context = contextOf(request)
    return { volume_type: types.view(context, await types.get(context, request.params.type_id)) }
  })

  app.put<TypePath>('/types/:type_id', async (request) => {
    const context = contextOf(request)
    const type = await types.update(context, request.params.type_id, parseUpdate(request.body))
    return { volume_type: types.view(context, type) }
  })

  app.delete<TypePath>('/types/:type_id', async (request, reply) => {
    await types.delete(contextOf(request), request.params.type_id)
    return await reply.code(202).send()
  })

  extraSpecRoutes(app, types)

  app.get<TypePath>('/types/:type_id/os-volume-type-access', async (request) => {
    const { type_id: id } = request.params
    const projects = await types.projects(contextOf(request), id)
    return { volume_type_access: projects.map((project) => ({ volume_type_id: id, project_id: project })) }
  })

  app.post<TypePath>('/types/:type_id/action', async (request, reply) => {
    await types.setAccess(contextOf(request), request.params.type_id, parseAccess(request.body))
    return await reply.code(202).send()
  })
}

function extraSpecRoutes(app: FastifyInstance, types: VolumeTypes): void {
  const path = '/types/:type_id/extra_specs'

  app.get<TypePath>(path, async (request) => ({
    extra_specs: await types.specs(contextOf(request), request.params.type_id, 'index'),
  }))

  app.post<TypePath>(path, async (request) => {
    const { extra_specs: specs } = parseBody(extraSpecsBody, request.body)
    await types.setSpecs(contextOf(request), request.params.type_id, specs, 'create')
    return { extra_specs: specs }
  })

  app.get<SpecPath>(`${path}/:key`, async (request) => {
    const { type_id: id, key } = request.params
    return { [key]: await types.spec(contextOf(request), id, key) }
  })

  app.put<SpecPath>(`${path}/:key`, async (request) => {
    const { type_id: id, key } = request.params
    const spec = parseBody(extraSpecBody, request.body)
    if (!Object.hasOwn(spec, key)) {
      throw badRequest('Request body and URI mismatch', { code: 'extra_spec_key_mismatch' })
    }
    await types.setSpecs(contextOf(request), id, spec, 'update')
    return spec
  })

  app.delete<SpecPath>(`${path}/:key`, async (request, reply) => {
    const { type_id: id, key } = request.params
    await types.deleteSpec(contextOf(request), id, key)
    return await reply.code(202).send()
  })
}

function isWanted(type: VolumeType, wanted: unknown): boolean {
  if (typeof wanted !== 'string' || /^none$/i.test(wanted)) return true
  return (type.is_public === 1) === isTrue(wanted)
}

/** There are few types: all are read, and the page is cut from them. */
function pageOf(types: readonly VolumeType[], { page, sort, offset, conditions }: ListQuery): VolumeType[] {
  const matching = types.filter((type) => conditions.every((one) => meets(type, one)))
  const value = (type: VolumeType, column: string) => type[column as 'name' | 'created_at'] ?? ''
  const sorted = matching.toSorted((a, b) => {
    for (const { column, direction } of sort) {
      const [x, y] = [value(a, column), value(b, column)]
      if (x !== y) return x < y === (direction === 'asc') ? -1 : 1
    }
    return 0
  })
  const start = page.marker === undefined ? 0 : sorted.findIndex(({ id }) => id === page.marker) + 1
  return sorted.slice(start + offset, start + offset + page.limit)
}

function meets(type: VolumeType, condition: Condition): boolean {
  return 'metadata' in condition ? type.extraSpecs[condition.key] === condition.value : true
}
