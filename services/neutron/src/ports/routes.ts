import type { FastifyInstance } from 'fastify'
import { resourceRoutes } from '../api/resource-routes.ts'
import type { Ports } from './ports.ts'
import { parseCreation, parseUpdate, portAttributes, portFilters } from './schema.ts'

/** The routes of `/v2.0/ports`. */
export function portRoutes(app: FastifyInstance, rules: Ports): void {
  resourceRoutes(app, {
    name: 'port',
    rules,
    attributes: portAttributes,
    filters: portFilters,
    parseCreation,
    parseUpdate,
  })
}
