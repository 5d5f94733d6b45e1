import { HttpError } from '@longhaul/keystoneauth'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Logger } from '@longhaul/oslo/log'
import type { BackupResult } from '../jobs-protocol.ts'
import { DriverError, type VirtDriver } from '../virt/driver.ts'
import { digestsOf } from './digests.ts'
import { deviceWorkers } from './device-workers.ts'
import type { ImageCache } from './image-cache.ts'
import type { Work, Workers } from './jobs.ts'
import { migrationWorkers } from './migration-workers.ts'
import { powerWorkers } from './power-workers.ts'
import { uploadImage, type UploadOptions } from './upload.ts'
import type { UserImages } from './user-images.ts'

export interface WorkerDeps {
  driver: VirtDriver
  cache: ImageCache
  /** Bytes a second for backups that say nothing of it; 0: unlimited. */
  snapshotBandwidth: () => number
  logger: Logger
  now(): Date
  /** Opens what was sealed for this host and operation. @throws SealError */
  openContext: (sealed: string, operation: string) => RequestContext
  imagesAs: (context: RequestContext) => UserImages
  /** Whether a service token goes along with the user's; for the log. */
  sendsServiceToken: boolean
  sleep?: UploadOptions['sleep']
}

const gibibyte = 2 ** 30

/**
 * How each kind of job is done.
 *
 * @see openstack/nova nova/virt/images.py and nova/exception.py, FlavorDiskSmallerThanImage
 */
export function workersOf(deps: WorkerDeps): Workers {
  const { driver, cache, logger } = deps

  const contextOf = ({ request, operation }: Pick<Work, 'request' | 'operation'>): RequestContext => {
    if (request.context === undefined) {
      throw new DriverError('context_missing', 'the job came without its context')
    }
    return deps.openContext(request.context, operation)
  }

  return {
    ...powerWorkers(driver),
    ...deviceWorkers(driver),
    ...migrationWorkers({ ...deps, contextOf }),

    async boot(work) {
      const { signal, request } = work
      const { image: wanted, flavor, name, volumes = [], ports = [] } = request.params
      const images = deps.imagesAs(contextOf(work))
      // What glance says of the id is not made the name of a file.
      const facts = { ...(await images.get(wanted.id, signal)), id: wanted.id }
      const image = await cache.get(facts, images, signal)
      signal.throwIfAborted()
      const { vcpus, ram: memoryMb, disk: diskGb } = flavor
      if (diskGb > 0 && image.virtualSize > diskGb * gibibyte) {
        throw new DriverError('flavor_disk_too_small', 'the image is larger than the disk of the flavor')
      }
      await driver.boot({ id: request.server, name, vcpus, memoryMb, diskGb, image, volumes, ports })
      return { power_state: await driver.powerState(request.server) }
    },

    async backup({ operation, request, signal, progress }) {
      const { server, params } = request
      const { bandwidth = deps.snapshotBandwidth(), running = false } = params
      const began = deps.now()
      logger.info({ operation, server, bandwidth }, 'backup started')
      const how = { operation, bandwidth, running, onProgress: progress, signal }
      const backup = await driver.backup(server, how)
      const { path, virtual_size, console_offset } = backup
      logger.info(
        { operation, server, virtual_size, console_offset, seconds: secondsSince(began) },
        'backup finished',
      )
      const digests = await digestsOf(path, signal)
      const { sha512, size } = digests
      logger.info(
        { operation, server, sha512, size, console_offset, seconds: secondsSince(began) },
        'backup hashed',
      )
      return { ...digests, disk_format: 'qcow2', virtual_size, console_offset } satisfies BackupResult
    },

    async upload(work) {
      const { operation, request, signal, progress: onProgress } = work
      const { image, sha512: known } = request.params
      const context = contextOf(work)
      const path = await driver.backupPath(operation)
      if (path === undefined) throw new DriverError('backup_lost', 'the finished backup is gone')
      const sha512 = known ?? (await digestsOf(path, signal)).sha512
      const about = () => ({ operation, server: request.server, image, ...tokensOf(context) })
      const began = deps.now()
      logger.info(about(), 'upload started')
      try {
        const { sleep } = deps
        const target = deps.imagesAs(context)
        const how = { signal, onProgress, ...(sleep ? { sleep } : {}) }
        await uploadImage({ target, image, path, sha512, ...how })
      } catch (error) {
        if (error instanceof HttpError) logger.warn({ ...about(), status: error.status }, 'upload refused')
        throw error
      }
      logger.info({ ...about(), seconds: secondsSince(began) }, 'upload finished')
      return {}
    },

    async destroy({ request }) {
      await driver.destroy(request.server)
      return {}
    },
  }

  function secondsSince(began: Date): number {
    return Math.round((deps.now().getTime() - began.getTime()) / 100) / 10
  }

  /** Why the tokens may be refused; they themselves stay out of the log. */
  function tokensOf({ tokenAuditId, tokenIssuedAt }: RequestContext) {
    const age = tokenIssuedAt === undefined ? undefined : secondsSince(new Date(tokenIssuedAt))
    return {
      user_token: { audit_id: tokenAuditId, ...(age === undefined ? {} : { age }) },
      service_token: deps.sendsServiceToken,
    }
  }
}
