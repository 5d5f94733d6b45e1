import { HttpError } from '@longhaul/keystoneauth'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Logger } from '@longhaul/oslo/log'
import type { IncomingOptions, VirtDriver } from '../virt/driver.ts'
import type { ImageCache } from './image-cache.ts'
import type { Work, Workers } from './jobs.ts'
import type { UserImages } from './user-images.ts'

type MigrationKind =
  | 'prepare_incoming'
  | 'migrate'
  | 'limit_migration'
  | 'force_complete'
  | 'finish_migration'
  | 'confirm_source'
  | 'abandon_incoming'
  | 'reclaim_source'

export interface MigrationWorkerDeps {
  driver: VirtDriver
  cache: ImageCache
  logger: Logger
  contextOf: (work: Pick<Work, 'request' | 'operation'>) => RequestContext
  imagesAs: (context: RequestContext) => UserImages
}

/** How machines move between hosts; the conductor calls both. */
export function migrationWorkers(deps: MigrationWorkerDeps): Pick<Workers, MigrationKind> {
  const { driver } = deps
  const stateOf = async (server: string) => ({ power_state: await driver.powerState(server) })
  return {
    async prepare_incoming(work) {
      const { operation, request } = work
      const image = () => imageHere(deps, work)
      const destination = await driver.prepareIncoming(request.server, {
        operation,
        ...request.params,
        image,
      })
      return { destination }
    },
    async migrate({ operation, request, signal, progress }) {
      const { destination, bandwidth, downtime, auto_converge = false, post_copy = false } = request.params
      const moved = await driver.migrate(request.server, {
        operation,
        destination,
        bandwidth,
        downtime,
        autoConverge: auto_converge,
        postCopy: post_copy,
        onProgress: ({ done, total, memory, disk }) => progress(done, total, { memory, disk }),
        signal,
      })
      return { ...moved }
    },
    async limit_migration({ request }) {
      await driver.limitMigration(request.server, request.params)
      return {}
    },
    async force_complete({ request }) {
      await driver.forceComplete(request.server)
      return {}
    },
    async finish_migration({ operation, request, signal }) {
      const { running, post_copy: postCopy = false } = request.params
      const arrival = await driver.finishMigration(request.server, { operation, running, postCopy, signal })
      return { ...(await stateOf(request.server)), ...arrival }
    },
    async confirm_source({ operation, request }) {
      await driver.confirmSource(request.server, operation)
      return {}
    },
    async abandon_incoming({ operation, request }) {
      await driver.abandonIncoming(request.server, operation)
      return {}
    },
    async reclaim_source({ operation, request }) {
      await driver.reclaimSource(request.server, operation)
      return stateOf(request.server)
    },
  }
}

/** The image that a disk was made from; without it the whole disk is copied. */
async function imageHere(
  { cache, imagesAs, contextOf, logger }: MigrationWorkerDeps,
  { operation, request, signal }: Work<'prepare_incoming'>,
): ReturnType<IncomingOptions['image']> {
  const { image: id } = request.params.machine
  const known = await cache.find(id)
  if (known || request.context === undefined) return known
  try {
    const images = imagesAs(contextOf({ operation, request }))
    return await cache.get({ ...(await images.get(id, signal)), id }, images, signal)
  } catch (error) {
    if (!(error instanceof HttpError) || error.status >= 500) throw error
    logger.info(
      { operation, image: id, status: error.status },
      'image not to be had, its part of the disk is copied',
    )
    return undefined
  }
}
