import type { FastifyInstance } from 'fastify'
import { badRequest, computePageLinks, pageOf, parseBody } from '@longhaul/oslo/api'
import { contextOf } from '../request-context.ts'
import { actionBodies, createServerBody, type ActionName } from './schema.ts'
import type { Servers } from './servers.ts'
import { serverLinks, serverSummary, serverView } from './view.ts'

interface ServerPath {
  Params: { server_id: string }
}

/** Servers in a list at most. @see [api] max_limit of Nova */
const maxLimit = 1000

/** The routes of `/servers`, relative to `/v2.1`. */
export function serverRoutes(app: FastifyInstance, servers: Servers): void {
  app.post('/servers', async (request, reply) => {
    const { server } = parseBody(createServerBody, request.body)
    const id = await servers.create(contextOf(request), server)
    const links = serverLinks(app.api.baseUrl(request), id)
    return reply
      .code(202)
      .header('location', links[0]!.href)
      .send({ server: { id, links, 'OS-DCF:diskConfig': 'MANUAL', security_groups: [{ name: 'default' }] } })
  })

  for (const [path, list] of [
    ['/servers', 'index'],
    ['/servers/detail', 'detail'],
  ] as const) {
    app.get(path, async (request) => {
      const query = request.query as Record<string, unknown>
      const page = pageOf(query, { maxLimit })
      const shown = await servers.list(contextOf(request), list, query, page)
      const baseUrl = app.api.baseUrl(request)
      const ids = shown.map(({ server }) => server.id)
      return {
        servers: shown.map(({ server, fault, extended }) =>
          list === 'index'
            ? serverSummary(server, { baseUrl })
            : serverView(server, { baseUrl, extended, fault }),
        ),
        ...computePageLinks('servers', { url: `${baseUrl}/v2.1${path}`, query, page, ids }),
      }
    })
  }

  app.get<ServerPath>('/servers/:server_id', async (request) => {
    const { server, fault, extended } = await servers.show(contextOf(request), request.params.server_id)
    return { server: serverView(server, { baseUrl: app.api.baseUrl(request), extended, fault }) }
  })

  app.delete<ServerPath>('/servers/:server_id', async (request, reply) => {
    await servers.delete(contextOf(request), request.params.server_id)
    return reply.code(204).send()
  })

  app.post<ServerPath>('/servers/:server_id/action', async (request, reply) => {
    const context = contextOf(request)
    const { server_id: id } = request.params
    if (actionOf(request.body) === 'createImage') {
      const { createImage } = parseBody(actionBodies.createImage, request.body)
      const imageId = await servers.createImage(context, id, createImage)
      // Clients take the last part of it for the image's id.
      return reply
        .code(202)
        .header('location', `${app.api.baseUrl(request)}/images/${imageId}`)
        .send()
    }
    const body = parseBody(actionBodies['os-getConsoleOutput'], request.body)
    return { output: await servers.consoleOutput(context, id, body['os-getConsoleOutput'].length) }
  })
}

function actionOf(body: unknown): ActionName {
  const names = typeof body === 'object' && body !== null ? Object.keys(body) : []
  const [name] = names
  if (names.length === 1 && name !== undefined && Object.hasOwn(actionBodies, name)) return name as ActionName
  throw badRequest(`There is no such action: ${names.join(', ').slice(0, 100)}`, { code: 'action_unknown' })
}
