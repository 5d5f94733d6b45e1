import type { AuthToken } from '@longhaul/keystonemiddleware'
import { fastifyAuthToken } from '@longhaul/keystonemiddleware/fastify'
import {
  createApi,
  imageErrorFormat,
  openPaths,
  serviceUnavailable,
  type ApiApp,
  type ApiOptions,
} from '@longhaul/oslo/api'
import { isConnectionError, type Database } from '@longhaul/oslo/db'
import type { Logger } from '@longhaul/oslo/log'
import { createEnforcer, type Enforcer } from '@longhaul/oslo/policy'
import type { GlanceTables } from './db/tables.ts'
import { assertConfirmed } from './identity.ts'
import { FileStore } from './image-file/file-store.ts'
import { recover } from './image-file/recovery.ts'
import { imageFileRoutes } from './image-file/routes.ts'
import { Uploads } from './image-file/uploads.ts'
import { Images } from './images/images.ts'
import { imageJsonSchema, imagesJsonSchema } from './images/json-schema.ts'
import { imageRules } from './images/policy.ts'
import { imageRoutes } from './images/routes.ts'
import { ImageStore } from './images/store.ts'
import { schemaRoutes } from './schemas/routes.ts'
import { versionPaths, versionRoutes } from './versions/routes.ts'

export interface GlanceOptions {
  database: Database<GlanceTables>
  authToken: AuthToken
  logger: Logger
  /** Directory of the filesystem store. */
  directory: string
  /** Bytes of an image at most. */
  imageSizeCap: number
  /** Images in a list. */
  limits: { defaultLimit: number; maxLimit: number }
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
  uploads: Uploads
  policy: Enforcer
}

/**
 * Puts the service together and repairs what a crash left. Nothing else in this process may serve the same directory.
 *
 * @throws the system's error if the directory cannot be used; PolicyError for a bad policy file
 */
export async function createGlance(options: GlanceOptions): Promise<Glance> {
  const { logger, now, randomUUID, authToken } = options
  const policy = createEnforcer({
    rules: imageRules,
    ...(options.policyFile === undefined ? {} : { file: options.policyFile }),
  })
  for (const warning of policy.warnings) logger.warn({ warning }, 'policy')
  const store = new ImageStore(options.database.kysely, now)
  const files = new FileStore(options.directory)
  await files.open()
  await recover(
    { abandonAll: () => store.abandonAllUploads(), statuses: (ids) => store.statuses(ids) },
    files,
    logger,
  )
  const images = new Images({ store, policy, files, randomUUID })
  const uploads = new Uploads({
    records: {
      start: (id, uploadId) => store.transition(id, 'startUpload', { uploadId }),
      finish: (id, uploadId, facts) => store.transition(id, 'finishUpload', { uploadId, facts }),
      abandon: (id, uploadId) => store.transition(id, 'abandonUpload', { uploadId }),
      state: (id) => store.state(id),
    },
    files,
    logger,
    sizeCap: options.imageSizeCap,
    randomUUID,
  })

  const app = createApi({
    service: 'glance-api',
    logger,
    errorFormat: imageErrorFormat,
    now,
    randomUUID,
    mapError: (error) =>
      isConnectionError(error)
        ? serviceUnavailable('The database does not answer.', { code: 'database_unavailable', cause: error })
        : undefined,
    ...options.api,
  })
  fastifyAuthToken(app, authToken, { exempt: ({ url }) => isOpen(url) })
  versionRoutes(app)
  await app.register(async (v2) => {
    v2.addHook('onRequest', async (request) => assertConfirmed(request))
    schemaRoutes(v2, { image: imageJsonSchema(), images: imagesJsonSchema() })
    imageRoutes(v2, images, options.limits)
    imageFileRoutes(v2, {
      images: {
        async authorized(context, id, action) {
          const image = await images.authorized(context, id, action)
          return { ...image, checksum: image.facts?.checksum }
        },
      },
      uploads,
      files,
      idleTimeoutMs: options.idleTimeoutMs,
    })
  })
  return { app, uploads, policy }
}

/** Version documents and the probes of load balancers answer to everybody. */
function isOpen(url: string): boolean {
  const path = url.split('?', 1)[0] ?? ''
  return versionPaths.has(path) || openPaths.has(path)
}
