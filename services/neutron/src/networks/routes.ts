import type { FastifyInstance } from 'fastify'
import { resourceRoutes } from '../api/resource-routes.ts'
import type { Networks } from './networks.ts'
import { networkAttributes, parseCreation, parseUpdate } from './schema.ts'

/** The routes of `/v2.0/networks`. */
export function networkRoutes(app: FastifyInstance, rules: Networks): void {
  resourceRoutes(app, { name: 'network', rules, attributes: networkAttributes, parseCreation, parseUpdate })
}
