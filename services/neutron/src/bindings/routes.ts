import type { FastifyInstance } from 'fastify'
import { withFields } from '../api/fields.ts'
import { contextOf } from '../identity.ts'
import type { Bindings } from './bindings.ts'
import { bindingDocument, parseCreation, parseUpdate } from './schema.ts'

interface PortPath {
  Params: { port_id: string }
}
interface BindingPath {
  Params: { port_id: string; host: string }
}

/** The routes of `/v2.0/ports/{port_id}/bindings`. */
export function bindingRoutes(app: FastifyInstance, bindings: Bindings): void {
  const list = '/v2.0/ports/:port_id/bindings'
  const one = `${list}/:host`

  app.post<PortPath>(list, async (request, reply) => {
    const given = parseCreation(request.body)
    const made = await bindings.create(contextOf(request), request.params.port_id, given)
    return reply.code(201).send({ binding: bindingDocument(made) })
  })

  app.get<PortPath>(list, async (request) => {
    const found = await bindings.list(contextOf(request), request.params.port_id)
    const fields = withFields(request.query as Record<string, unknown>)
    return { bindings: found.map((binding) => fields(bindingDocument(binding))) }
  })

  app.get<BindingPath>(one, async (request) => {
    const { port_id, host } = request.params
    const found = await bindings.show(contextOf(request), port_id, host)
    const fields = withFields(request.query as Record<string, unknown>)
    return { binding: fields(bindingDocument(found)) }
  })

  app.put<BindingPath>(one, async (request) => {
    const { port_id, host } = request.params
    const given = parseUpdate(request.body)
    return { binding: bindingDocument(await bindings.update(contextOf(request), port_id, host, given)) }
  })

  app.put<BindingPath>(`${one}/activate`, async (request) => {
    const { port_id, host } = request.params
    return { binding: bindingDocument(await bindings.activate(contextOf(request), port_id, host)) }
  })

  app.delete<BindingPath>(one, async (request, reply) => {
    const { port_id, host } = request.params
    await bindings.delete(contextOf(request), port_id, host)
    return reply.code(204).send()
  })
}
