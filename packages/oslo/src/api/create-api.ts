import { randomUUID } from 'node:crypto'
import { TLSSocket } from 'node:tls'
import fastify from 'fastify'
import type { FastifyInstance, FastifyRequest, FastifyServerOptions } from 'fastify'
import type { Logger } from '../log/index.ts'
import { badRequest, unsupportedMediaType } from '../api-error.ts'
import type { ApiError } from '../api-error.ts'
import { clientClosed, logRequest } from './access-log.ts'
import type { ErrorFormat } from './error-formats.ts'
import { answerError, answerNotFound, answerUnreadable } from './error-answers.ts'
import type { ErrorAnswers } from './error-answers.ts'
import { readJson } from './json-body.ts'
import { requestMetrics } from './metrics.ts'
import type { RequestMetrics } from './metrics.ts'
import { originOf } from './proxy-headers.ts'
import type { Origin } from './proxy-headers.ts'
import { routeTable } from './route-table.ts'
import type { TlsMaterial } from './tls.ts'

export interface ApiOptions {
  /** Name in metrics, such as `nova-api`. */
  service: string
  version: string
  logger: Logger
  errorFormat: ErrorFormat
  /** Bytes of a body at most, default 114688 as in oslo.middleware; a route may set its own `bodyLimit`. */
  bodyLimit?: number
  /** Milliseconds since 1970. */
  now?: () => number
  randomUUID?: () => string
  /** Whether a route of GET answers HEAD, too, default true; `/healthcheck` always does. */
  headRoutes?: boolean
  /** Whether to count requests and to serve `/metrics`, default true. */
  metrics?: boolean
  /** Value of the header `Vary` on every answer. */
  vary?: string
  /** Headers that carry the request id, default `x-openstack-request-id` alone. */
  requestIdHeaders?: readonly string[]
  /** Whether `Forwarded` and `X-Forwarded-*` are believed, default false. */
  enableProxyHeadersParsing?: boolean
  /** URL under which clients reach the service; by default what the request says. */
  publicEndpoint?: string
  /** With it the server speaks TLS only. */
  tls?: TlsMaterial
  /** The answer to a body of a type that no route reads, default 415. */
  wrongContentType?: { status: 400 | 415; message: string }
  /** Turns an error of a lower layer (a lost database, say) into an answer; undefined leaves it a 500. */
  mapError?: (error: unknown) => ApiError | undefined
}

/** An API application: a fastify instance that knows the facts below. */
export type ApiApp = FastifyInstance

declare module 'fastify' {
  interface FastifyInstance {
    api: {
      service: string
      version: string
      metrics: RequestMetrics['registry'] | undefined
      encrypted: boolean
      /** How the client of a request sees the service. */
      origin(request: FastifyRequest): Origin
      /** URL of the service for links in bodies, without a slash at the end. */
      baseUrl(request: FastifyRequest): string
    }
  }
}

/** Paths of every service that answer without a token. */
export const openPaths: ReadonlySet<string> = new Set(['/healthcheck', '/metrics'])

/**
 * Makes the application of a service: request ids, bodies of errors, 404 and 405, JSON bodies, `/healthcheck`,
 * `/metrics` and the access log. The service adds its routes, `listen` or `runServer` opens the port.
 *
 * @example
 * const app = createApi({ service: 'keystone', version, logger, errorFormat: identityErrorFormat, vary: 'X-Auth-Token' })
 * app.get('/v3', async () => discovery)
 */
export function createApi(options: ApiOptions): ApiApp {
  const uuid = options.randomUUID ?? randomUUID
  const answers: ErrorAnswers = {
    format: options.errorFormat,
    logger: options.logger,
    wrongContentType: wrongContentType(options.wrongContentType),
    mapError: options.mapError ?? (() => undefined),
  }
  const server: FastifyServerOptions = {
    logger: false,
    bodyLimit: options.bodyLimit ?? 114_688,
    genReqId: () => `req-${uuid()}`,
    return503OnClosing: false,
    forceCloseConnections: 'idle',
    exposeHeadRoutes: options.headRoutes ?? true,
    schemaController: { compilersFactory: { buildValidator: noSchemas, buildSerializer: noSchemas } },
    routerOptions: { ignoreTrailingSlash: true, maxParamLength: 512 },
    frameworkErrors: (error, request, reply) => {
      reply.header('x-openstack-request-id', request.id)
      answerError(answers, error, request, reply)
    },
    clientErrorHandler: (error, socket) => answerUnreadable(answers, error, socket),
  }
  const https = options.tls ? { minVersion: 'TLSv1.2', ...options.tls } : null
  const app: FastifyInstance = fastify({ ...server, https } as FastifyServerOptions)

  const metrics = options.metrics === false ? undefined : requestMetrics(options.service)
  decorate(app, options, metrics)
  app.removeAllContentTypeParsers()
  app.addContentTypeParser('application/json', { parseAs: 'buffer' }, (_request, body, done) => {
    try {
      done(null, readJson(body as Buffer))
    } catch (error) {
      done(error as Error)
    }
  })
  observeRequests(app, options, metrics)
  const routes = routeTable()
  app.addHook('onRoute', (route) => routes.add(route.method, route.url))
  app.setErrorHandler((error, request, reply) => answerError(answers, error, request, reply))
  app.setNotFoundHandler((request, reply) => answerNotFound(answers, routes, request, reply))
  app.get('/healthcheck', { exposeHeadRoute: true }, (_request, reply) => {
    reply.header('content-type', 'text/plain; charset=UTF-8').send('OK')
  })
  if (metrics) {
    app.get('/metrics', async (_request, reply) => {
      reply.header('content-type', metrics.registry.contentType)
      return await metrics.registry.metrics()
    })
  }
  return app
}

/** Bodies are checked with zod: what would compile schemas of routes is not even loaded. */
function noSchemas(): never {
  throw new Error('a route has a schema of fastify, for which there is no compiler')
}

function wrongContentType({ status, message }: NonNullable<ApiOptions['wrongContentType']> = unreadableType) {
  const make = status === 400 ? badRequest : unsupportedMediaType
  return () => make(message, { code: 'unsupported_media_type' })
}

const unreadableType = {
  status: 415,
  message: 'The request body has a content type that is not supported.',
} as const

function decorate(app: FastifyInstance, options: ApiOptions, metrics: RequestMetrics | undefined): void {
  const origin = (request: FastifyRequest) => {
    const { socket } = request.raw
    return originOf(
      {
        headers: request.headers,
        encrypted: socket instanceof TLSSocket,
        remoteAddress: socket.remoteAddress,
        localAddress: `${socket.localAddress ?? 'localhost'}:${socket.localPort ?? 80}`,
      },
      options.enableProxyHeadersParsing ?? false,
    )
  }
  const fixed = options.publicEndpoint?.replace(/\/+$/, '')
  app.decorate('api', {
    service: options.service,
    version: options.version,
    metrics: metrics?.registry,
    encrypted: options.tls !== undefined,
    origin,
    baseUrl(request) {
      if (fixed) return fixed
      const { protocol, host, prefix } = origin(request)
      return `${protocol}://${host}${prefix}`
    },
  })
}

/** One listener a request does all that is done at its end, also when the client went away in the middle. */
function observeRequests(
  app: FastifyInstance,
  options: ApiOptions,
  metrics: RequestMetrics | undefined,
): void {
  const now = options.now ?? Date.now
  const idHeaders = options.requestIdHeaders ?? ['x-openstack-request-id']
  const trusting = options.enableProxyHeadersParsing ?? false
  app.addHook('onRequest', (request, reply, done) => {
    const start = performance.now()
    for (const name of idHeaders) reply.header(name, request.id)
    if (options.vary !== undefined) reply.header('vary', options.vary)
    reply.raw.once('close', () => {
      const seconds = (performance.now() - start) / 1000
      const status = reply.raw.writableEnded ? reply.statusCode : clientClosed
      const route = request.routeOptions.url
      metrics?.observe(request.method, route, status, seconds)
      if (route !== undefined && openPaths.has(route) && status < 500) return
      const remote = trusting ? app.api.origin(request).remote : (request.raw.socket.remoteAddress ?? '')
      logRequest(options.logger, request, reply, { status, seconds, now: now(), remote })
    })
    done()
  })
}
