import type { FastifyInstance } from 'fastify'

/** `GET /os-availability-zone`, relative to `/v3`: there is one zone. */
export function availabilityZoneRoutes(app: FastifyInstance, { zone }: { zone: string }): void {
  app.get('/os-availability-zone', async () => ({
    availabilityZoneInfo: [{ zoneName: zone, zoneState: { available: true } }],
  }))
}
