import type { FastifyInstance } from 'fastify'
import { imagePageLinks, unsupportedMediaType } from '@longhaul/oslo/api'
import { contextOf } from '../identity.ts'
import { withoutBody } from '../without-body.ts'
import type { Images } from './images.ts'
import { parseListQuery } from './list-query.ts'
import { parsePatch, patchContentTypes } from './patch.ts'
import { imageDocument, parseCreate } from './schema.ts'

interface ImagePath {
  Params: { image_id: string }
}

interface Parts {
  images: Images
  limits: { defaultLimit: number; maxLimit: number }
  /** Import methods that are offered. */
  importMethods: readonly string[]
}

/** The routes of `/v2/images` but for the data of an image. */
export function imageRoutes(app: FastifyInstance, { images, limits, importMethods }: Parts): void {
  app.post('/v2/images', async (request, reply) => {
    const image = await images.create(contextOf(request), parseCreate(request.body))
    const location = `${app.api.baseUrl(request)}/v2/images/${image.id}`
    reply.code(201).header('location', location)
    if (importMethods.length > 0) reply.header('openstack-image-import-methods', importMethods.join(','))
    return await reply.send(imageDocument(image))
  })

  app.get('/v2/images', async (request) => {
    const query = request.query as Record<string, unknown>
    const list = parseListQuery(query, limits)
    const { images: found, ids } = await images.list(contextOf(request), list)
    return {
      images: found.map(imageDocument),
      ...imagePageLinks({ url: '/v2/images', query, page: list.page, ids }),
      schema: '/v2/schemas/images',
    }
  })

  app.get<ImagePath>('/v2/images/:image_id', withoutBody, async (request) => {
    return imageDocument(await images.show(contextOf(request), request.params.image_id))
  })

  app.patch<ImagePath>('/v2/images/:image_id', async (request) => {
    const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase()
    const form = (['older', 'current'] as const).find((name) => patchContentTypes[name] === type)
    if (form === undefined) {
      const accepted = Object.values(patchContentTypes).join(', ')
      throw unsupportedMediaType(`The body must be of one of the types ${accepted}.`, {
        headers: { 'accept-patch': accepted },
      })
    }
    const changes = parsePatch(request.body, form)
    return imageDocument(await images.patch(contextOf(request), request.params.image_id, changes))
  })

  app.delete<ImagePath>('/v2/images/:image_id', withoutBody, async (request, reply) => {
    await images.delete(contextOf(request), request.params.image_id)
    return reply.code(204).send()
  })

  for (const method of ['PUT', 'DELETE'] as const) {
    app.route<{ Params: { image_id: string; tag: string } }>({
      ...withoutBody,
      method,
      url: '/v2/images/:image_id/tags/:tag',
      handler: async (request, reply) => {
        const { image_id: id, tag } = request.params
        await images.tag(contextOf(request), id, tag, method === 'PUT')
        return reply.code(204).send()
      },
    })
  }

  for (const action of ['deactivate', 'reactivate'] as const) {
    app.post<ImagePath>(`/v2/images/:image_id/actions/${action}`, withoutBody, async (request, reply) => {
      await images.setActive(contextOf(request), request.params.image_id, action)
      return reply.code(204).send()
    })
  }
}
