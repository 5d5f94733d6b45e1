import type { FastifyInstance } from 'fastify'
import { contextOf, versionOf } from '../request-context.ts'
import { parseEvents } from './schema.ts'
import type { ExternalEvents } from './server-external-events.ts'

/** The route of `/os-server-external-events`, relative to `/v2.1`. */
export function externalEventRoutes(app: FastifyInstance, externalEvents: ExternalEvents): void {
  app.post('/os-server-external-events', async (request, reply) => {
    const events = await externalEvents.take(
      contextOf(request),
      parseEvents(request.body, versionOf(request)),
    )
    const allTaken = events.every(({ code }) => code === 200)
    return reply.code(allTaken ? 200 : 207).send({ events })
  })
}
