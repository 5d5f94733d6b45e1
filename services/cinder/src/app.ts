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
import { Turns } from '@longhaul/oslo/concurrency'
import { isBadValue, isDatabaseAway, type Database } from '@longhaul/oslo/db'
import type { Logger } from '@longhaul/oslo/log'
import { createEnforcer, type Enforcer } from '@longhaul/oslo/policy'
import { Attachments } from './attachments/attachments.ts'
import { LegacyConnections } from './attachments/legacy-connections.ts'
import { attachmentRoutes } from './attachments/routes.ts'
import { AttachmentStore } from './attachments/store.ts'
import { availabilityZoneRoutes } from './availability-zones/routes.ts'
import type { Clients } from './clients.ts'
import type { CinderTables } from './db/tables.ts'
import { assertUsable, imageMetadataOf } from './glance.ts'
import { limitRoutes } from './limits/routes.ts'
import { Metadata } from './metadata/metadata.ts'
import { snapshotMetadataActions, volumeMetadataActions } from './metadata/policy.ts'
import { metadataRoutes } from './metadata/routes.ts'
import { MetadataStore } from './metadata/store.ts'
import { microversionRange } from './microversions.ts'
import { policyRules } from './policy-rules.ts'
import { quotaSetRoutes } from './quota-sets/routes.ts'
import { CinderQuotas } from './quota/quotas.ts'
import type { QuotaDefaults } from './quota/resources.ts'
import { credentialsOf, requireOwnProject, requireVersionForNoProject } from './request-context.ts'
import { serviceRoutes } from './services/routes.ts'
import { snapshotRoutes } from './snapshots/routes.ts'
import { Snapshots } from './snapshots/snapshots.ts'
import { SnapshotStore } from './snapshots/store.ts'
import { StorageDaemons } from './storage/storage-daemons.ts'
import { VolumeFiles } from './storage/volume-files.ts'
import { versionPaths, versionRoutes } from './versions/routes.ts'
import { volumeActionRoutes } from './volume-actions/routes.ts'
import { VolumeActions } from './volume-actions/volume-actions.ts'
import { typeRoutes } from './volume-types/routes.ts'
import { TypeStore } from './volume-types/store.ts'
import { VolumeTypes } from './volume-types/volume-types.ts'
import { volumeRoutes } from './volumes/routes.ts'
import { lockVolume, VolumeStore } from './volumes/store.ts'
import { Volumes } from './volumes/volumes.ts'
import { Recovery } from './work/recovery.ts'
import { SnapshotWork } from './work/snapshot-work.ts'
import { VolumeWork } from './work/volume-work.ts'
import { Worker } from './work/work.ts'

export interface CinderOptions {
  database: Database<CinderTables>
  authToken: AuthToken
  clients: Pick<Clients, 'images' | 'nova'>
  logger: Logger
  /** Directory of the files of volumes and snapshots. */
  volumesDirectory: string
  /** Directory of the sockets of volumes in use. */
  socketDirectory: string
  /** Roles of which a service token has one. */
  serviceTokenRoles: readonly string[]
  /** As volumes show it. */
  host: string
  availabilityZone: string
  /** Name of a type. */
  defaultType: string
  quota: { defaults: QuotaDefaults; noSnapshotSpace: boolean }
  policyFile?: string | undefined
  api: Pick<ApiOptions, 'version' | 'publicEndpoint' | 'enableProxyHeadersParsing' | 'tls'>
  /** Milliseconds since 1970. */
  now: () => number
  randomUUID: () => string
}

/** The service, ready to listen. */
export interface Cinder {
  app: ApiApp
  policy: Enforcer
  /** To be swept every few seconds. */
  recovery: Recovery
  /** Ends the works that are under way, and leaves the storage daemons to themselves. */
  stop(): Promise<void>
}

/**
 * Puts the service together and makes good what a crash left.
 *
 * @throws the system's error if a directory cannot be used; PolicyError for a bad policy file
 */
export async function createCinder(options: CinderOptions): Promise<Cinder> {
  const { logger, policyFile: file } = options
  const policy: Enforcer = createEnforcer({
    rules: policyRules,
    credentials: (context) => credentialsOf(policy, context),
    ...(file === undefined ? {} : { file }),
  })
  for (const warning of policy.warnings) logger.warn({ warning }, 'policy')
  const service = assemble(options, policy)
  await service.files.open()
  await service.recovery.start()

  const app = createApi({
    ...options.api,
    service: 'cinder-api',
    logger,
    errorFormat: computeErrorFormat,
    requestIdHeaders: ['x-openstack-request-id', 'x-compute-request-id'],
    now: options.now,
    randomUUID: options.randomUUID,
    mapError: answerOf,
  })
  fastifyAuthToken(app, options.authToken, { exempt: ({ url }) => isOpen(url) })
  useMicroversions(app, microversionRange, { exempt: (path) => path === '/' || openPaths.has(path) })
  versionRoutes(app)
  void app.register(
    async (v3) => {
      requireVersionForNoProject(v3)
      service.routes(v3)
    },
    { prefix: '/v3' },
  )
  void app.register(
    async (v3) => {
      requireOwnProject(v3)
      service.routes(v3)
    },
    { prefix: '/v3/:project_id' },
  )
  return { app, policy, recovery: service.recovery, stop: () => service.stop() }
}

/** Makes the rules of all resources, once. `routes` adds their routes, below any prefix. */
function assemble(options: CinderOptions, policy: Enforcer) {
  const { logger, now, randomUUID, clients, host, availabilityZone } = options
  const db = options.database.kysely
  const files = new VolumeFiles(options.volumesDirectory)
  const daemons = new StorageDaemons({ files, directory: options.socketDirectory, logger })
  const stores = {
    volumes: new VolumeStore(db, now),
    snapshots: new SnapshotStore(db, now),
    attachments: new AttachmentStore(db, now),
    metadata: new MetadataStore(db),
  }
  const content = new Turns()
  const snapshotWork = new SnapshotWork({ store: stores.snapshots, files, daemons, turns: content })
  const snapshotWorker = new Worker(snapshotWork, 'snapshot', logger)
  const volumeWork = new VolumeWork({
    store: stores.volumes,
    files,
    daemons,
    images: (context) => clients.images(context),
    tellExtended: (volume, servers) => clients.nova.tellExtended(volume, servers),
    async deleteSnapshots(volumeId) {
      const ids = await stores.snapshots.inStatus(['deleting'], volumeId)
      await Promise.all(ids.map((id) => snapshotWorker.run(id)))
    },
    turns: content,
    logger,
  })
  const volumeWorker = new Worker(volumeWork, 'volume', logger)
  const workers = [snapshotWorker, volumeWorker]
  const recovery = new Recovery({
    files,
    daemons,
    connected: () => stores.attachments.connected(),
    known: {
      volume: (ids) => stores.volumes.known(ids),
      snapshot: (ids) => stores.snapshots.known(ids),
    },
    workers,
    logger,
  })

  const quotas = new CinderQuotas(db, options.quota)
  const types = new VolumeTypes({
    store: new TypeStore(db, now),
    policy,
    defaultType: options.defaultType,
    randomUUID,
  })
  const snapshots: Snapshots = new Snapshots({
    store: stores.snapshots,
    policy,
    quotas,
    volumes: {
      get: (context, id) => volumes.get(context, id),
      lock: (trx, id) => lockVolume(trx, id),
    },
    work: snapshotWorker,
    randomUUID,
  })
  const volumes: Volumes = new Volumes({
    store: stores.volumes,
    policy,
    quotas,
    types,
    snapshots,
    images: {
      async source(context, reference, size) {
        const image = await clients.images(context).find(reference)
        assertUsable(image, size)
        return {
          imageId: image.id,
          minSize: image.min_disk,
          bootable: true,
          imageMetadata: imageMetadataOf(image),
        }
      },
    },
    work: {
      expect: (id, context) => volumeWork.expect(id, context),
      begin: (id) => volumeWorker.begin(id),
    },
    availabilityZone,
    host,
    randomUUID,
  })
  const attachmentParts = {
    store: stores.attachments,
    policy,
    volumes,
    exports: daemons,
    nova: clients.nova,
    serviceTokenRoles: options.serviceTokenRoles,
    turns: new Turns(),
    logger,
    randomUUID,
  }
  const attachments = new Attachments(attachmentParts)
  const connections = new LegacyConnections(attachmentParts, attachments)
  const actions = new VolumeActions({ policy, volumes, store: stores.volumes, quotas, work: volumeWorker })
  const volumeMetadata = new Metadata({
    store: stores.metadata,
    actions: volumeMetadataActions,
    owner: (context, id, action) => volumes.authorized(context, id, action),
    missing: (id, key) => `Volume ${id} has no metadata with key ${key}.`,
  })
  const snapshotMetadata = new Metadata({
    store: stores.metadata,
    actions: snapshotMetadataActions,
    owner: (context, id, action) => snapshots.authorized(context, id, action),
    missing: (id, key) => `Snapshot ${id} has no metadata with key ${key}.`,
  })
  return {
    files,
    recovery,
    async stop() {
      for (const worker of workers) worker.stop()
      for (const worker of workers) await worker.idle()
      daemons.close()
    },
    routes(app: ApiApp) {
      volumeRoutes(app, volumes)
      metadataRoutes(app, '/volumes', volumeMetadata)
      volumeActionRoutes(app, { actions, connections })
      snapshotRoutes(app, snapshots)
      metadataRoutes(app, '/snapshots', snapshotMetadata)
      attachmentRoutes(app, attachments)
      typeRoutes(app, types)
      limitRoutes(app, { quotas, policy })
      quotaSetRoutes(app, { quotas, policy })
      availabilityZoneRoutes(app, { zone: availabilityZone })
      serviceRoutes(app, { policy, host: host.replace(/#.*/, ''), zone: availabilityZone, now })
    },
  }
}

/** Version documents and the probes of load balancers answer to everybody. */
function isOpen(url: string): boolean {
  const path = url.split('?', 1)[0] ?? ''
  return versionPaths.has(path) || openPaths.has(path)
}

/** What a client is told of an error of the database. */
function answerOf(error: unknown) {
  if (isBadValue(error)) {
    return badRequest('The request has a value that cannot be stored or compared.', {
      code: 'bad_value',
      cause: error,
    })
  }
  if (!isDatabaseAway(error)) return undefined
  return serviceUnavailable('The database does not answer.', { code: 'database_unavailable', cause: error })
}
