import type { FastifyInstance } from 'fastify'
import { notFound } from '../api-error.ts'
import {
  compareMicroversions,
  microversionHeaders,
  negotiateMicroversion,
  type MicroversionRange,
} from './microversions.ts'

/** The microversion of one request. */
export interface Microversion<Known extends string = string> {
  /** Such as `2.53`. */
  readonly text: string
  /** Whether what that version brought is to be served. */
  atLeast(version: Known): boolean
}

/** Microversions in which something exists, both included; from the first, or up to the newest, where nothing is said. */
export interface MicroversionWindow<Known extends string = string> {
  from?: Known
  to?: Known
}

declare module 'fastify' {
  interface FastifyRequest {
    microversion: Microversion
  }
  interface FastifyContextConfig {
    /** The route is not there outside of it. */
    microversions?: MicroversionWindow
  }
}

export function microversion(text: string): Microversion {
  return { text, atLeast: (version) => compareMicroversions(text, version) >= 0 }
}

/** Whether a version lies in a window. */
export function isServed(version: Microversion, { from, to }: MicroversionWindow): boolean {
  if (from !== undefined && !version.atLeast(from)) return false
  return to === undefined || compareMicroversions(version.text, to) <= 0
}

/**
 * Negotiates the version of every request (`request.microversion`), tells it in the answer, and hides routes outside of
 * their `config.microversions`: 404, as if they did not exist.
 *
 * @param options.exempt paths that know no microversions
 */
export function useMicroversions(
  app: FastifyInstance,
  range: MicroversionRange,
  { exempt = () => false }: { exempt?: (path: string) => boolean } = {},
): void {
  const lowest = microversion(range.min)
  app.decorateRequest('microversion')
  app.addHook('onRequest', async (request, reply) => {
    request.microversion = lowest
    if (exempt(request.url.split('?', 1)[0] ?? '')) return
    // An answer that refuses a version is given in the lowest one.
    reply.headers(microversionHeaders(range.service, range.min))
    const version = microversion(negotiateMicroversion({ ...range, headers: request.headers }))
    request.microversion = version
    reply.headers(microversionHeaders(range.service, version.text))
    if (!isServed(version, request.routeOptions.config.microversions ?? {})) {
      throw notFound('The resource could not be found.', { code: 'microversion_lacks_route' })
    }
  })
}
