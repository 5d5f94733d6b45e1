import type { FastifyInstance } from 'fastify'
import { contextOf } from '../request-context.ts'
import type { AvailabilityZones } from './availability-zones.ts'
import { availabilityZoneDetail, availabilityZoneView } from './view.ts'

/** The routes of `/os-availability-zone`, relative to `/v2.1`. */
export function availabilityZoneRoutes(app: FastifyInstance, zones: AvailabilityZones): void {
  app.get('/os-availability-zone', async (request) => ({
    availabilityZoneInfo: (await zones.list(contextOf(request))).map(availabilityZoneView),
  }))

  app.get('/os-availability-zone/detail', async (request) => ({
    availabilityZoneInfo: (await zones.detail(contextOf(request))).map(availabilityZoneDetail),
  }))
}
