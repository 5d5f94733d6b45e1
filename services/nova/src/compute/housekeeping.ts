import type { Logger } from '@longhaul/oslo/log'
import type { VirtDriver } from '../virt/driver.ts'
import type { ImageCache } from './image-cache.ts'
import type { JobStore } from './job-store.ts'
import type { Jobs } from './jobs.ts'

export interface HousekeepingDeps {
  store: Pick<JobStore, 'unchangedSince' | 'remove'>
  jobs: Pick<Jobs, 'list'>
  cache: Pick<ImageCache, 'removeUnused'>
  driver: Pick<VirtDriver, 'forgetBackup' | 'imagesInUse'>
  now: () => Date
  logger: Logger
}

const dayMilliseconds = 86_400_000
/** No conductor is later than that. */
const keepOperationsDays = 30
/** @see openstack/nova, [image_cache] remove_unused_original_minimum_age_seconds */
const keepImagesDays = 1

/** Removes what nobody will ask for any more. What cannot be removed is logged, and tried again the next time. */
export async function keepHouse(deps: HousekeepingDeps): Promise<void> {
  try {
    await removeOldOperations(deps)
    await removeUnusedImages(deps)
  } catch (error) {
    deps.logger.warn({ err: error }, 'what is old could not be removed')
  }
}

async function removeOldOperations({ store, jobs, driver, now, logger }: HousekeepingDeps): Promise<void> {
  const running = new Set(jobs.list().map(({ operation }) => operation))
  for (const operation of store.unchangedSince(daysBefore(now(), keepOperationsDays))) {
    if (running.has(operation)) continue
    try {
      await driver.forgetBackup(operation)
      store.remove(operation)
    } catch (error) {
      logger.warn({ operation, err: error }, 'an old operation could not be removed')
    }
  }
}

async function removeUnusedImages({ cache, driver, now, logger }: HousekeepingDeps): Promise<void> {
  const inUse = await driver.imagesInUse()
  for (const image of cache.removeUnused(inUse, daysBefore(now(), keepImagesDays))) {
    logger.info({ image }, 'unused image removed')
  }
}

function daysBefore(now: Date, days: number): Date {
  return new Date(now.getTime() - days * dayMilliseconds)
}
