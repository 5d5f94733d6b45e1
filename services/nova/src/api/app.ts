import type { AuthToken } from '@longhaul/keystonemiddleware'
import { fastifyAuthToken } from '@longhaul/keystonemiddleware/fastify'
import {
  computeErrorFormat,
  createApi,
  microversionHeaders,
  negotiateMicroversion,
  openPaths,
  serviceUnavailable,
  type ApiApp,
  type ApiOptions,
} from '@longhaul/oslo/api'
import { sealContext, type RequestContext, type SealingKey } from '@longhaul/oslo/context'
import { isConnectionError, type Database } from '@longhaul/oslo/db'
import type { Logger } from '@longhaul/oslo/log'
import { createEnforcer, type Enforcer } from '@longhaul/oslo/policy'
import type { NovaTables } from '../db/tables.ts'
import { Flavors } from '../flavors/flavors.ts'
import { flavorRoutes } from '../flavors/routes.ts'
import { FlavorStore } from '../flavors/store.ts'
import { hostRoutes } from '../hosts/routes.ts'
import { HostStore } from '../hosts/store.ts'
import { instanceActionRoutes } from '../instance-actions/routes.ts'
import { InstanceActionStore } from '../instance-actions/store.ts'
import type { EnqueueOperation } from '../operations/queue.ts'
import type { ServersOptions } from '../servers/options.ts'
import { syncPowerStates } from '../servers/power-sync.ts'
import { serverRoutes } from '../servers/routes.ts'
import { Servers } from '../servers/servers.ts'
import { ServerStore } from '../servers/store.ts'
import { microversions, versionPaths, versionRoutes } from '../versions/routes.ts'
import { rules } from './policy.ts'

export interface NovaApiOptions {
  database: Database<NovaTables>
  authToken: AuthToken
  queue: EnqueueOperation
  images: ServersOptions['images']
  /** A client of a host's agent, as nova itself. */
  agent(url: string): { get(path: string): Promise<{ json<T>(): Promise<T> }> }
  sealingKey: SealingKey
  policyFile?: string | undefined
  api: Pick<ApiOptions, 'version' | 'enableProxyHeadersParsing' | 'publicEndpoint' | 'tls'>
  internalTls?: ApiOptions['tls'] | undefined
  logger: Logger
  now: () => Date
  randomUUID: () => string
}

export interface NovaApi {
  /** The Compute API. */
  app: ApiApp
  /** What compute hosts report to. */
  internal: ApiApp
  policy: Enforcer
}

/** Puts nova-api together: the public application and the internal one. */
export function createNovaApi(options: NovaApiOptions): NovaApi {
  const { logger, authToken } = options
  const { policyFile: file } = options
  const policy = createEnforcer({ rules, ...(file === undefined ? {} : { file }) })
  for (const warning of policy.warnings) logger.warn({ warning }, 'policy')
  const shared = {
    logger,
    errorFormat: computeErrorFormat,
    now: () => options.now().getTime(),
    randomUUID: options.randomUUID,
    mapError: databaseAway,
  } as const

  const app = createApi({
    ...shared,
    ...options.api,
    service: 'nova-api',
    requestIdHeaders: ['x-openstack-request-id', 'x-compute-request-id'],
  })
  fastifyAuthToken(app, authToken, { exempt: ({ url }) => isOpen(url, versionPaths) })
  app.addHook('onRequest', async (request, reply) => {
    // An answer that refuses a version is given in the lowest one.
    reply.headers(microversionHeaders('compute', microversions.min))
    const version = negotiateMicroversion({ ...microversions, headers: request.headers })
    reply.headers(microversionHeaders('compute', version))
  })
  versionRoutes(app)
  void app.register(async (v21) => publicRoutes(v21, policy, options), { prefix: '/v2.1' })

  const tls = options.internalTls
  const internal = createApi({
    ...shared,
    service: 'nova-internal',
    version: options.api.version,
    bodyLimit: 4 * 2 ** 20,
    ...(tls ? { tls } : {}),
  })
  fastifyAuthToken(internal, authToken, { exempt: ({ url }) => isOpen(url, new Set()) })
  const db = options.database.kysely
  hostRoutes(internal, {
    store: new HostStore(db),
    policy,
    syncPowerStates: (host, guests) => syncPowerStates(db, host, guests, options.now()),
    now: options.now,
    logger,
  })
  return { app, internal, policy }
}

function publicRoutes(app: ApiApp, policy: Enforcer, options: NovaApiOptions): void {
  const { kysely } = options.database
  const { randomUUID, now, logger, queue, images } = options
  const flavorStore = new FlavorStore(kysely)
  const hosts = new HostStore(kysely)
  const servers = new Servers({
    store: new ServerStore(kysely),
    policy,
    flavors: flavorStore,
    images,
    async console(host, serverId, length) {
      const url = await hosts.url(host)
      if (url === undefined) throw new Error(`host ${host} has not reported yet`)
      const query = length === undefined ? '' : `?length=${length}`
      const answer = await options.agent(url).get(`/v1/guests/${serverId}/console${query}`)
      return (await answer.json<{ output: string }>()).output
    },
    seal: (context: RequestContext, operation) =>
      sealContext(context, options.sealingKey, { operation, host: '' }),
    queue,
    randomUUID,
    now,
    logger,
  })
  serverRoutes(app, servers)
  flavorRoutes(app, new Flavors({ store: flavorStore, policy, randomUUID }))
  instanceActionRoutes(app, { store: new InstanceActionStore(kysely), policy })
}

/** Version documents and the probes of load balancers answer to everybody. */
function isOpen(url: string, paths: ReadonlySet<string>): boolean {
  const path = url.split('?', 1)[0] ?? ''
  return paths.has(path) || openPaths.has(path)
}

function databaseAway(error: unknown) {
  if (!isConnectionError(error)) return undefined
  return serviceUnavailable('The database does not answer.', { code: 'database_unavailable', cause: error })
}
