import type { FastifyInstance, FastifyRequest } from 'fastify'
import { notFound, parseBody } from '@longhaul/oslo/api'
import { parseQuery } from '../query-parameters.ts'
import { contextOf, versionOf } from '../request-context.ts'
import { serviceActionBody, serviceActionBody211, serviceListQuery, updateServiceBody } from './schema.ts'
import { serviceActions, type ServiceActionName, type Services } from './services.ts'
import type { Service } from './store.ts'
import { serviceView } from './view.ts'

interface ServicePath {
  /** An id, or up to microversion 2.52 the name of an action. */
  Params: { service_id: string }
}

/** The routes of `/os-services`, relative to `/v2.1`. */
export function serviceRoutes(app: FastifyInstance, services: Services): void {
  const view = (request: FastifyRequest, service: Service) =>
    serviceView(service, { up: services.isUp(service), version: versionOf(request) })

  app.get('/os-services', async (request) => {
    const query = parseQuery(serviceListQuery, request.query, { version: versionOf(request) })
    const list = await services.list(contextOf(request), query)
    return { services: list.map((service) => view(request, service)) }
  })

  app.put<ServicePath>('/os-services/:service_id', async (request) => {
    const version = versionOf(request)
    const context = contextOf(request)
    const { service_id: id } = request.params
    if (version.atLeast('2.53')) {
      const wanted = parseBody(updateServiceBody, request.body)
      return { service: view(request, await services.update(context, id, wanted)) }
    }
    const forcesDown = version.atLeast('2.11')
    const body = parseBody(forcesDown ? serviceActionBody211 : serviceActionBody, request.body)
    const action = actionNamed(id, forcesDown)
    return { service: await services.act(context, action, body) }
  })

  app.delete<ServicePath>('/os-services/:service_id', async (request, reply) => {
    const { service_id: id } = request.params
    await services.delete(contextOf(request), id, versionOf(request).atLeast('2.53'))
    return reply.code(204).send()
  })
}

function actionNamed(name: string, forcesDown: boolean): ServiceActionName {
  const action = serviceActions.find((one) => one === name)
  if (action !== undefined && (action !== 'force-down' || forcesDown)) return action
  throw notFound('Unknown action', { code: 'action_unknown' })
}
