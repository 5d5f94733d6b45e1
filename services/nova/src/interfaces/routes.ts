import type { FastifyInstance } from 'fastify'
import { contextOf, versionOf } from '../request-context.ts'
import type { Interfaces } from './interfaces.ts'
import { parseAttach } from './schema.ts'
import { interfaceView } from './view.ts'

interface ServerPath {
  Params: { server_id: string }
}

interface PortPath {
  Params: { server_id: string; port_id: string }
}

/** The routes of `/servers/{server_id}/os-interface`, relative to `/v2.1`. */
export function interfaceRoutes(app: FastifyInstance, interfaces: Interfaces): void {
  const path = '/servers/:server_id/os-interface'

  app.get<ServerPath>(path, async (request) => {
    const version = versionOf(request)
    const shown = await interfaces.list(contextOf(request), request.params.server_id)
    return { interfaceAttachments: shown.map((one) => interfaceView(one, version)) }
  })

  app.post<ServerPath>(path, async (request) => {
    const version = versionOf(request)
    const wanted = parseAttach(request.body, version)
    const shown = await interfaces.attach(contextOf(request), request.params.server_id, wanted)
    return { interfaceAttachment: interfaceView(shown, version) }
  })

  app.get<PortPath>(`${path}/:port_id`, async (request) => {
    const { server_id: serverId, port_id: portId } = request.params
    const shown = await interfaces.show(contextOf(request), serverId, portId)
    return { interfaceAttachment: interfaceView(shown, versionOf(request)) }
  })

  app.delete<PortPath>(`${path}/:port_id`, async (request, reply) => {
    const { server_id: serverId, port_id: portId } = request.params
    await interfaces.detach(contextOf(request), serverId, portId)
    return reply.code(202).send()
  })
}
