import type { AuthToken } from '@longhaul/keystonemiddleware'
import { fastifyAuthToken } from '@longhaul/keystonemiddleware/fastify'
import {
  badRequest,
  computeErrorFormat,
  createApi,
  openPaths,
  serviceUnavailable,
  useMicroversions,
  type ApiApp,
  type ApiOptions,
} from '@longhaul/oslo/api'
import { sealContext, type RequestContext, type SealingKey } from '@longhaul/oslo/context'
import { isBadValue, isConnectionError, type Database } from '@longhaul/oslo/db'
import type { Logger } from '@longhaul/oslo/log'
import { createEnforcer, type Enforcer } from '@longhaul/oslo/policy'
import { aggregateRoutes } from '../aggregates/routes.ts'
import { AvailabilityZones } from '../availability-zones/availability-zones.ts'
import { availabilityZoneRoutes } from '../availability-zones/routes.ts'
import type { NovaTables } from '../db/tables.ts'
import { FlavorAccess } from '../flavors/access.ts'
import { ExtraSpecs } from '../flavors/extra-specs.ts'
import { Flavors } from '../flavors/flavors.ts'
import { flavorRoutes } from '../flavors/routes.ts'
import { FlavorStore } from '../flavors/store.ts'
import { hostRoutes } from '../hosts/routes.ts'
import { HostStore } from '../hosts/store.ts'
import { Hypervisors } from '../hypervisors/hypervisors.ts'
import { hypervisorRoutes } from '../hypervisors/routes.ts'
import { HypervisorStore } from '../hypervisors/store.ts'
import { instanceActionRoutes } from '../instance-actions/routes.ts'
import { InstanceActionStore } from '../instance-actions/store.ts'
import { Keypairs } from '../keypairs/keypairs.ts'
import { keypairRoutes } from '../keypairs/routes.ts'
import { Interfaces } from '../interfaces/interfaces.ts'
import type { InterfacesOptions } from '../interfaces/options.ts'
import { interfaceRoutes } from '../interfaces/routes.ts'
import { InterfaceStore } from '../interfaces/store.ts'
import { KeypairStore } from '../keypairs/store.ts'
import { limitRoutes } from '../limits/routes.ts'
import { Migrations } from '../migrations/migrations.ts'
import { migrationRoutes } from '../migrations/routes.ts'
import { MigrationStore } from '../migrations/store.ts'
import { microversionRange } from '../microversions.ts'
import type { EnqueueOperation } from '../operations/queue.ts'
import { quotaClassSetRoutes } from '../quota-class-sets/routes.ts'
import { QuotaSets } from '../quota-sets/quota-sets.ts'
import { quotaSetRoutes } from '../quota-sets/routes.ts'
import { NovaQuotas } from '../quota/quotas.ts'
import { requireOwnProject } from '../request-context.ts'
import { externalEventRoutes } from '../server-external-events/routes.ts'
import { ExternalEvents } from '../server-external-events/server-external-events.ts'
import { ExternalEventStore } from '../server-external-events/store.ts'
import { serverMetadataRoutes } from '../server-metadata/routes.ts'
import { ServerMetadata } from '../server-metadata/server-metadata.ts'
import { ServerMetadataStore } from '../server-metadata/store.ts'
import { serverTagRoutes } from '../server-tags/routes.ts'
import { ServerTags } from '../server-tags/server-tags.ts'
import { ServerTagStore } from '../server-tags/store.ts'
import type { ServersOptions } from '../servers/options.ts'
import { syncPowerStates } from '../servers/power-sync.ts'
import { serverRoutes } from '../servers/routes.ts'
import { Servers } from '../servers/servers.ts'
import { ServerStore } from '../servers/store.ts'
import { serviceRoutes } from '../services/routes.ts'
import { Services } from '../services/services.ts'
import { ServiceStore } from '../services/store.ts'
import type { VolumeAttachmentsOptions } from '../volume-attachments/options.ts'
import { volumeAttachmentRoutes } from '../volume-attachments/routes.ts'
import { VolumeAttachmentStore } from '../volume-attachments/store.ts'
import { VolumeAttachments } from '../volume-attachments/volume-attachments.ts'
import { versionPaths, versionRoutes } from '../versions/routes.ts'
import { rules } from './policy.ts'

export interface NovaApiOptions {
  database: Database<NovaTables>
  authToken: AuthToken
  queue: EnqueueOperation
  images: ServersOptions['images']
  volumes: VolumeAttachmentsOptions['volumes']
  network: InterfacesOptions['network']
  /** @throws ApiError 400 for a project that the user of a request is told does not exist */
  verifyProject: (context: RequestContext, projectId: string) => Promise<void>
  /** A client of a host's agent, as nova itself. */
  agent(url: string): { get(path: string): Promise<{ json<T>(): Promise<T> }> }
  sealingKey: SealingKey
  policyFile?: string | undefined
  /** Values of `[quota]`. */
  quota: Readonly<Record<string, number>>
  /** Seconds without a report after which a process of nova counts as down. */
  serviceDownTime: () => number
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
    mapError: answerOf,
  } as const

  const app = createApi({
    ...shared,
    ...options.api,
    service: 'nova-api',
    requestIdHeaders: ['x-openstack-request-id', 'x-compute-request-id'],
  })
  fastifyAuthToken(app, authToken, { exempt: ({ url }) => isOpen(url, versionPaths) })
  useMicroversions(app, microversionRange, { exempt: (path) => path === '/' || openPaths.has(path) })
  versionRoutes(app)
  const routes = publicRoutes(policy, options)
  void app.register(async (v21) => routes(v21), { prefix: '/v2.1' })
  const withProject = async (v21: ApiApp) => {
    requireOwnProject(v21)
    routes(v21)
  }
  void app.register(withProject, { prefix: '/v2.1/:project_id' })

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
    syncPowerStates: (host, guests, looked) =>
      syncPowerStates(db, host, guests, { now: options.now(), looked }),
    reportService: (host) =>
      new ServiceStore(db).report({ host, binary: 'nova-compute' }, options.now(), options.randomUUID()),
    now: options.now,
    randomUUID: options.randomUUID,
    logger,
  })
  return { app, internal, policy }
}

/** Makes the rules of all resources, once. @returns adds their routes, below any prefix */
function publicRoutes(policy: Enforcer, options: NovaApiOptions): (app: ApiApp) => void {
  const { kysely } = options.database
  const { randomUUID, now, logger, queue, images, volumes, network, serviceDownTime } = options
  const seal = (context: RequestContext, operation: string) =>
    sealContext(context, options.sealingKey, { operation, host: '' })
  const operating = { seal, queue, randomUUID, now, logger }
  const projects = { verify: options.verifyProject }
  const quotas = new NovaQuotas(kysely, options.quota)
  const flavorOptions = { store: new FlavorStore(kysely), policy, projects, randomUUID, now }
  const flavors = new Flavors(flavorOptions)
  const keypairStore = new KeypairStore(kysely)
  const hosts = new HostStore(kysely)
  const serviceStore = new ServiceStore(kysely)
  const services = new Services({ store: serviceStore, policy, serviceDownTime, now })
  const servers = new Servers({
    store: new ServerStore(kysely),
    policy,
    flavors,
    keypairs: {
      exists: async (userId, name) => (await keypairStore.find(userId, name)) !== undefined,
    },
    hosts: {
      exists: async (host) => (await hosts.url(host)) !== undefined,
      statuses: (names) => services.hostStatuses(names),
    },
    quotas,
    images,
    network,
    volumes,
    console: (host, serverId, length) => consoleOf(hosts, options, { host, serverId, length }),
    ...operating,
  })
  const attachments = new VolumeAttachments({
    store: new VolumeAttachmentStore(kysely),
    policy,
    servers,
    volumes,
    ...operating,
  })
  const interfaces = new Interfaces({
    store: new InterfaceStore(kysely),
    policy,
    servers,
    network,
    ...operating,
  })
  const externalEvents = new ExternalEvents({
    store: new ExternalEventStore(kysely),
    policy,
    network,
    ...operating,
  })
  const migrations = new Migrations({ store: new MigrationStore(kysely), policy, servers, now })
  const metadata = new ServerMetadata({
    store: new ServerMetadataStore(kysely),
    policy,
    servers,
    quotas,
    now,
  })
  const tags = new ServerTags({ store: new ServerTagStore(kysely), servers, now })
  const hypervisors = new Hypervisors({
    store: new HypervisorStore(kysely),
    policy,
    isUp: (service) => services.isUp(service),
  })
  const zones = new AvailabilityZones({
    policy,
    services: async () =>
      (await serviceStore.list({})).map((service) => ({ ...service, up: services.isUp(service) })),
  })
  return (app) => {
    serverRoutes(app, servers)
    serverMetadataRoutes(app, metadata)
    serverTagRoutes(app, tags)
    volumeAttachmentRoutes(app, attachments)
    interfaceRoutes(app, interfaces)
    externalEventRoutes(app, externalEvents)
    migrationRoutes(app, migrations)
    instanceActionRoutes(app, { store: new InstanceActionStore(kysely), policy })
    flavorRoutes(app, {
      flavors,
      access: new FlavorAccess(flavorOptions),
      extraSpecs: new ExtraSpecs(flavorOptions, flavors),
    })
    keypairRoutes(app, new Keypairs({ store: keypairStore, policy, quotas, now }))
    serviceRoutes(app, services)
    hypervisorRoutes(app, hypervisors)
    aggregateRoutes(app, { policy })
    availabilityZoneRoutes(app, zones)
    limitRoutes(app, { quotas, policy })
    quotaSetRoutes(app, new QuotaSets({ quotas, policy, projects }))
    quotaClassSetRoutes(app, { quotas, policy })
  }
}

/** The console's output of a guest, from the agent of its host. */
async function consoleOf(
  hosts: HostStore,
  options: NovaApiOptions,
  { host, serverId, length }: { host: string; serverId: string; length: number | undefined },
): Promise<string> {
  const url = await hosts.url(host)
  if (url === undefined) throw new Error(`host ${host} has not reported yet`)
  const query = length === undefined ? '' : `?length=${length}`
  const answer = await options.agent(url).get(`/v1/guests/${serverId}/console${query}`)
  return (await answer.json<{ output: string }>()).output
}

/** Version documents and the probes of load balancers answer to everybody. */
function isOpen(url: string, paths: ReadonlySet<string>): boolean {
  const path = url.split('?', 1)[0] ?? ''
  return paths.has(path) || openPaths.has(path)
}

/** What a client is told of an error of the database. */
function answerOf(error: unknown) {
  if (isBadValue(error)) {
    return badRequest('The request has a value that cannot be stored or compared.', {
      code: 'bad_value',
      cause: error,
    })
  }
  if (!isConnectionError(error)) return undefined
  return serviceUnavailable('The database does not answer.', { code: 'database_unavailable', cause: error })
}
