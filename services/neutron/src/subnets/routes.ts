import type { FastifyInstance } from 'fastify'
import { resourceRoutes } from '../api/resource-routes.ts'
import { parseCreation, parseUpdate, subnetAttributes } from './schema.ts'
import type { Subnets } from './subnets.ts'

/** The routes of `/v2.0/subnets`. */
export function subnetRoutes(app: FastifyInstance, rules: Subnets): void {
  resourceRoutes(app, { name: 'subnet', rules, attributes: subnetAttributes, parseCreation, parseUpdate })
}
