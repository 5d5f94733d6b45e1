import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { badRequest, computePageLinks, pageOf, parseBody } from '@longhaul/oslo/api'
import { actionOf } from '../action-name.ts'
import { linksOf, resourceLinks } from '../links.ts'
import { maxLimit, parseQuery } from '../query-parameters.ts'
import { contextOf, versionOf } from '../request-context.ts'
import { addressesIn, addressesView } from './addresses.ts'
import { isInnerField, serverListQuery, serverListWindows } from './list-query.ts'
import { parseLiveMigrate } from './live-migrate-schema.ts'
import { powerActions, rebootActions } from './power.ts'
import { actionBodies, lockBody273, parseCreateServer, parseUpdateServer, type ActionName } from './schema.ts'
import type { Servers } from './servers.ts'
import { serverSummary, serverView, updatedServerView } from './view.ts'

interface ServerPath {
  Params: { server_id: string }
}

interface NetworkPath {
  Params: { server_id: string; network: string }
}

const viewOptions = (request: FastifyRequest) => ({ links: linksOf(request), version: versionOf(request) })

/** The routes of `/servers`, relative to `/v2.1`. */
export function serverRoutes(app: FastifyInstance, servers: Servers): void {
  app.post('/servers', async (request, reply) => {
    const wanted = parseCreateServer(request.body, versionOf(request))
    const { ids, reservationId } = await servers.create(contextOf(request), wanted)
    reply.code(202)
    if (wanted.return_reservation_id) return { reservation_id: reservationId }
    const [id] = ids
    const links = resourceLinks(linksOf(request), `/servers/${id}`)
    return reply.header('location', links[0].href).send({
      server: {
        id,
        links,
        'OS-DCF:diskConfig': wanted['OS-DCF:diskConfig'] ?? 'MANUAL',
        security_groups: [{ name: 'default' }],
      },
    })
  })

  for (const [path, list, view] of [
    ['/servers', 'index', serverSummary],
    ['/servers/detail', 'detail', serverView],
  ] as const) {
    app.get(path, async (request) => {
      const options = viewOptions(request)
      const { version, links } = options
      const context = contextOf(request)
      const asked = outerFields(request.query, servers.seesAllFilters(context))
      const query = parseQuery(serverListQuery, asked, { version, windows: serverListWindows })
      const page = pageOf(query, { maxLimit, zero: 'none' })
      const shown = await servers.list(context, list, { query, page, version })
      const ids = shown.map(({ server }) => server.id)
      return {
        servers: shown.map((one) => view(one, { ...options, inList: true })),
        ...computePageLinks('servers', { url: links.self(path), query: asked, page, ids }),
      }
    })
  }

  app.get<ServerPath>('/servers/:server_id', async (request) => {
    const { server_id: id } = request.params
    const shown = await servers.show(contextOf(request), id, versionOf(request))
    return { server: serverView(shown, viewOptions(request)) }
  })

  app.put<ServerPath>('/servers/:server_id', async (request) => {
    const version = versionOf(request)
    const changes = parseUpdateServer(request.body, version)
    const shown = await servers.update(contextOf(request), request.params.server_id, changes, version)
    const view = version.atLeast('2.75') ? serverView : updatedServerView
    return { server: view(shown, viewOptions(request)) }
  })

  app.delete<ServerPath>('/servers/:server_id', async (request, reply) => {
    await servers.delete(contextOf(request), request.params.server_id)
    return reply.code(204).send()
  })

  app.get<ServerPath>('/servers/:server_id/ips', async (request) => {
    const { server_id: id } = request.params
    const ports = await servers.addresses(contextOf(request), id, 'os_compute_api:ips:index')
    return { addresses: addressesView(ports, false) }
  })
  app.get<NetworkPath>('/servers/:server_id/ips/:network', async (request) => {
    const { server_id: id, network } = request.params
    const ports = await servers.addresses(contextOf(request), id, 'os_compute_api:ips:show')
    return addressesIn(ports, network)
  })

  app.post<ServerPath>('/servers/:server_id/action', async (request, reply) => {
    const action = actionOf(request.body, actionBodies)
    return await actions[action](servers, request, reply)
  })
}

type Action = (servers: Servers, request: FastifyRequest<ServerPath>, reply: FastifyReply) => Promise<unknown>

/** An action that needs no more than its name. */
function power(name: keyof typeof powerActions): Action {
  return async (servers, request, reply) => {
    await servers.changePower(contextOf(request), request.params.server_id, powerActions[name])
    return reply.code(202).send()
  }
}

/** What `POST /servers/{id}/action` does, by the name of the action. */
const actions: Record<ActionName, Action> = {
  async createImage(servers, request, reply) {
    const version = versionOf(request)
    const { createImage } = parseBody(actionBodies.createImage, request.body)
    const { server_id: id } = request.params
    const countMetadata = !version.atLeast('2.39')
    const imageId = await servers.createImage(contextOf(request), id, createImage, countMetadata)
    reply.code(202)
    if (version.atLeast('2.45')) return { image_id: imageId }
    // Clients take the last part of it for the image's id.
    const { server } = request
    return reply.header('location', `${server.api.baseUrl(request)}/images/${imageId}`).send()
  },

  async 'os-getConsoleOutput'(servers, request) {
    const body = parseBody(actionBodies['os-getConsoleOutput'], request.body)
    const { length } = body['os-getConsoleOutput']
    return { output: await servers.consoleOutput(contextOf(request), request.params.server_id, length) }
  },

  'os-start': power('os-start'),
  'os-stop': power('os-stop'),
  pause: power('pause'),
  unpause: power('unpause'),
  suspend: power('suspend'),
  resume: power('resume'),

  async reboot(servers, request, reply) {
    const { type } = parseBody(actionBodies.reboot, request.body).reboot
    const wanted = rebootActions[type as keyof typeof rebootActions]
    await servers.changePower(contextOf(request), request.params.server_id, wanted)
    return reply.code(202).send()
  },

  async 'os-migrateLive'(servers, request, reply) {
    const wanted = parseLiveMigrate(request.body, versionOf(request))
    await servers.liveMigrate(contextOf(request), request.params.server_id, wanted)
    return reply.code(202).send()
  },

  async lock(servers, request, reply) {
    const named = versionOf(request).atLeast('2.73')
    const reason = named ? parseBody(lockBody273, request.body).lock?.locked_reason : undefined
    await servers.lock(contextOf(request), request.params.server_id, reason)
    return reply.code(202).send()
  },

  async unlock(servers, request, reply) {
    await servers.unlock(contextOf(request), request.params.server_id)
    return reply.code(202).send()
  },
}

/**
 * The query without what would reach into inner tables.
 *
 * @param tell whether the caller is told, which only those are who may filter by everything
 * @throws ApiError 400
 */
function outerFields(query: unknown, tell: boolean): Record<string, unknown> {
  const fields = Object.entries(query as Record<string, unknown>)
  const inner = fields.find(([name]) => isInnerField(name))
  if (inner && tell) {
    throw badRequest(`Invalid filter field: ${inner[0].slice(0, 60)}.`, { code: 'invalid_filter' })
  }
  return Object.fromEntries(fields.filter(([name]) => !isInnerField(name)))
}
