import type { AuthToken } from '@longhaul/keystonemiddleware'
import { fastifyAuthToken } from '@longhaul/keystonemiddleware/fastify'
import {
  createApi,
  imageErrorFormat,
  openPaths,
  readJson,
  serviceUnavailable,
  type ApiApp,
  type ApiOptions,
} from '@longhaul/oslo/api'
import { isDatabaseAway, type Database } from '@longhaul/oslo/db'
import type { Logger } from '@longhaul/oslo/log'
import { createEnforcer, type Enforcer } from '@longhaul/oslo/policy'
import type { GlanceTables } from './db/tables.ts'
import { errorPage } from './error-page.ts'
import { assertConfirmed } from './identity.ts'
import { FileStore } from './image-data/file-store.ts'
import { removeFiles } from './image-data/giving-back.ts'
import { Imports } from './image-data/imports.ts'
import { DataRecords } from './image-data/records.ts'
import { Recovery } from './image-data/recovery.ts'
import { Running } from './image-data/running.ts'
import { Uploads, type DataSettings } from './image-data/uploads.ts'
import { imageFileRoutes } from './image-file/routes.ts'
import { ImageImport } from './image-import/image-import.ts'
import { imageImportRoutes } from './image-import/routes.ts'
import type { FormatChoice } from './images/attributes.ts'
import { Images } from './images/images.ts'
import { imageJsonSchema } from './images/json-schema.ts'
import type { ImageQuotas } from './images/quotas.ts'
import { imageRoutes } from './images/routes.ts'
import { attributeSetter } from './images/schema.ts'
import { ImageStore } from './images/store.ts'
import { infoRoutes } from './info/routes.ts'
import { readAnyTypeAsJson } from './json-parser.ts'
import { glanceDirect } from './import-methods.ts'
import { Members } from './members/members.ts'
import { memberRoutes } from './members/routes.ts'
import { memberJsonSchema } from './members/schema.ts'
import { MemberStore } from './members/store.ts'
import { policyRules } from './policy-rules.ts'
import { schemaRoutes } from './schemas/routes.ts'
import { taskRoutes } from './tasks/routes.ts'
import { taskJsonSchema } from './tasks/schema.ts'
import { TaskStore } from './tasks/store.ts'
import { versionPaths, versionRoutes } from './versions/routes.ts'

export interface GlanceOptions {
  database: Database<GlanceTables>
  authToken: AuthToken
  logger: Logger
  /** Directory of the filesystem store. All processes on one database must share it. */
  directory: string
  /** Directory for data that waits for its import. All processes on one database must share it. */
  stagingDirectory: string
  /** Name of this process: no other process on the database has it at the same time. */
  worker: string
  data: DataSettings
  formats: FormatChoice
  quotas: ImageQuotas & { members: number }
  /** Images in a list. */
  limits: { defaultLimit: number; maxLimit: number }
  /** Import methods that are offered. */
  importMethods: readonly string[]
  /** How long a task that has ended may be asked for. */
  taskLifeMs: number
  /** How long the sender of an upload may be silent. */
  idleTimeoutMs: number
  policyFile?: string | undefined
  api: Pick<ApiOptions, 'version' | 'publicEndpoint' | 'enableProxyHeadersParsing' | 'tls'>
  /** Milliseconds since 1970. */
  now: () => number
  randomUUID: () => string
}

/** The service, ready to listen. */
export interface Glance {
  app: ApiApp
  /** To be swept every few seconds. */
  recovery: Recovery
  running: Running
  imports: Imports
  policy: Enforcer
}

/**
 * Puts the service together and repairs what a crash left.
 *
 * @throws the system's error if a directory cannot be used; PolicyError for a bad policy file
 */
export async function createGlance(options: GlanceOptions): Promise<Glance> {
  const { logger, now, randomUUID, authToken, database, limits, importMethods } = options
  const policy = createEnforcer({
    rules: policyRules,
    message: (action) => `You are not authorized to complete ${action} action.`,
    ...(options.policyFile === undefined ? {} : { file: options.policyFile }),
  })
  for (const warning of policy.warnings) logger.warn({ warning }, 'policy')

  const places = {
    records: new DataRecords({ database, now, taskLifeMs: options.taskLifeMs }),
    store: new FileStore(options.directory),
    staging: new FileStore(options.stagingDirectory),
    logger,
  }
  await places.store.open()
  await places.staging.open()
  const running = new Running()
  const writers = { ...places, running, worker: options.worker, settings: options.data, randomUUID }
  const uploads = new Uploads(writers)
  const imports = new Imports(writers, uploads)
  const recovery = new Recovery({ ...writers, now }, imports)
  await recovery.start()

  const store = new ImageStore(database.kysely, now)
  const images = new Images({
    store,
    policy,
    setAttribute: attributeSetter(options.formats),
    quotas: options.quotas,
    async deleteImage(id) {
      const isDeleted = await places.records.delete(id)
      if (isDeleted) await removeFiles(places, id)
      return isDeleted
    },
    randomUUID,
  })
  const members = new Members({
    images,
    store: new MemberStore(database.kysely, now),
    policy,
    quota: options.quotas.members,
  })
  const imageImport = new ImageImport({
    image: (context, id) => images.authorized(context, id, 'modify_image'),
    imports,
    randomUUID,
  })

  const app = createApi({
    service: 'glance-api',
    logger,
    errorFormat: imageErrorFormat,
    headRoutes: false,
    now,
    randomUUID,
    mapError: (error) =>
      isDatabaseAway(error)
        ? serviceUnavailable('The database does not answer.', { code: 'database_unavailable', cause: error })
        : undefined,
    ...options.api,
  })
  app.addHook('onSend', errorPage)
  fastifyAuthToken(app, authToken, { exempt: ({ url }) => isOpen(url) })
  // Paths and methods that do not exist are no matter of strangers, either.
  app.addHook('onRequest', async (request) => {
    if (!isOpen(request.url)) assertConfirmed(request)
  })
  versionRoutes(app)
  await app.register(async (v2) => {
    readAnyTypeAsJson(v2, readJson)
    schemaRoutes(v2, [imageJsonSchema(options.formats), memberJsonSchema, taskJsonSchema])
    infoRoutes(v2, { importMethods })
    imageRoutes(v2, { images, limits, importMethods })
    memberRoutes(v2, members)
    imageImportRoutes(v2, { imageImport, enabled: importMethods })
    taskRoutes(v2, {
      store: new TaskStore(database.kysely),
      authorize: (context) => policy.authorize('tasks_api_access', {}, context),
      isAdmin: (context) => images.isAdmin(context),
      image: (context, id) => images.show(context, id),
      limits,
    })
    await v2.register(async (data) =>
      imageFileRoutes(data, {
        images: {
          async authorized(context, id, action) {
            const image = await images.authorized(context, id, action)
            return { ...image, checksum: image.facts?.checksum }
          },
        },
        uploads,
        store: places.store,
        idleTimeoutMs: options.idleTimeoutMs,
        canStage: importMethods.includes(glanceDirect),
      }),
    )
  })
  return { app, recovery, running, imports, policy }
}

/** Version documents and the probes of load balancers answer to everybody. */
function isOpen(url: string): boolean {
  const path = url.split('?', 1)[0] ?? ''
  return versionPaths.has(path) || openPaths.has(path)
}
