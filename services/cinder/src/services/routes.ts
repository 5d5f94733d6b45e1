import type { FastifyInstance } from 'fastify'
import { contextOf, ownTarget, versionOf, type Policy } from '../request-context.ts'
import { wireTime } from '../wire-time.ts'

interface Parts {
  policy: Policy
  host: string
  zone: string
  /** Milliseconds since 1970. */
  now: () => number
}

/**
 * `GET /os-services`, relative to `/v3`. The process that answers is also the one that works on volumes; who hears its answer knows that
 * it is up.
 */
export function serviceRoutes(app: FastifyInstance, { policy, host, zone, now }: Parts): void {
  app.get<{ Querystring: { host?: string; binary?: string } }>('/os-services', async (request) => {
    const context = contextOf(request)
    policy.authorize('volume_extension:services:index', ownTarget(context), context)
    const version = versionOf(request)
    const service = {
      binary: 'cinder-volume',
      host,
      zone,
      status: 'enabled',
      state: 'up',
      updated_at: wireTime(new Date(now()).toISOString()),
      ...(version.atLeast('3.49') ? { backend_state: 'up' } : {}),
      ...(version.atLeast('3.7') ? { cluster: null } : {}),
      disabled_reason: null,
      replication_status: 'disabled',
      active_backend_id: null,
      frozen: false,
    }
    const { host: wantedHost, binary } = request.query
    const isWanted = (wantedHost ?? host) === host && (binary ?? service.binary) === service.binary
    return { services: isWanted ? [service] : [] }
  })
}
