import type { FastifyInstance, FastifyRequest } from 'fastify'
import { computePageLinks, type ApiApp } from '@longhaul/oslo/api'
import { linksOf } from '../links.ts'
import { parseListQuery } from '../list-query.ts'
import { served } from '../microversions.ts'
import { isTrue } from '../parameter-types.ts'
import { contextOf, versionOf } from '../request-context.ts'
import { parseCreate, parseUpdate, volumeListTable } from './schema.ts'
import type { Volume } from './store.ts'
import { volumeDetail, volumeSummary } from './view.ts'
import type { Volumes } from './volumes.ts'

interface VolumePath {
  Params: { volume_id: string }
  Querystring: { cascade?: string; force?: string }
}

/** The routes of `/volumes` but for actions and metadata, relative to `/v3`. */
export function volumeRoutes(app: ApiApp | FastifyInstance, volumes: Volumes): void {
  const shown = (request: FastifyRequest, volume: Volume) => ({
    volume: volumeDetail(volume, {
      links: linksOf(request),
      version: versionOf(request),
      ...volumes.viewer(contextOf(request), volume),
    }),
  })
  const listQuery = (request: FastifyRequest) =>
    parseListQuery(request.query as Record<string, unknown>, volumeListTable, {
      version: versionOf(request),
      admin: volumes.isAdmin(contextOf(request)),
    })

  app.post('/volumes', async (request, reply) => {
    const volume = await volumes.create(contextOf(request), parseCreate(request.body, versionOf(request)))
    return await reply.code(202).send(shown(request, volume))
  })

  for (const path of ['/volumes', '/volumes/detail']) {
    app.get(path, async (request) => {
      const links = linksOf(request)
      const query = listQuery(request)
      const found = await volumes.list(contextOf(request), query)
      return {
        volumes: found.volumes.map((volume) =>
          path === '/volumes' ? volumeSummary(volume, links) : shown(request, volume).volume,
        ),
        ...computePageLinks('volumes', {
          url: links.self(path),
          query: request.query as Record<string, unknown>,
          page: query.page,
          ids: found.volumes.map(({ id }) => id),
        }),
        ...(found.count === undefined ? {} : { count: found.count }),
      }
    })
  }

  app.get('/volumes/summary', served({ from: '3.12' }), async (request) => {
    const { count, size, metadata } = await volumes.summary(contextOf(request), listQuery(request))
    return {
      'volume-summary': {
        total_count: count,
        total_size: size,
        ...(versionOf(request).atLeast('3.36') ? { metadata } : {}),
      },
    }
  })

  app.get<VolumePath>('/volumes/:volume_id', async (request) =>
    shown(request, await volumes.get(contextOf(request), request.params.volume_id)),
  )

  app.put<VolumePath>('/volumes/:volume_id', async (request) => {
    const changes = parseUpdate(request.body, versionOf(request))
    return shown(request, await volumes.update(contextOf(request), request.params.volume_id, changes))
  })

  app.delete<VolumePath>('/volumes/:volume_id', async (request, reply) => {
    const { cascade, force } = request.query
    await volumes.delete(contextOf(request), request.params.volume_id, {
      cascade: isTrue(cascade),
      force: versionOf(request).atLeast('3.23') && isTrue(force),
    })
    return await reply.code(202).send()
  })
}
