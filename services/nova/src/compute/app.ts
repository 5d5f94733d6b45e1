import { join } from 'node:path'
import type { AuthToken } from '@longhaul/keystonemiddleware'
import { fastifyAuthToken } from '@longhaul/keystonemiddleware/fastify'
import { computeErrorFormat, createApi, openPaths, type ApiApp, type TlsMaterial } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Logger } from '@longhaul/oslo/log'
import type { FastifyRequest } from 'fastify'
import type { VirtDriver } from '../virt/driver.ts'
import { capacityOf, hostFacts, type HostState } from './host-facts.ts'
import { keepHouse } from './housekeeping.ts'
import { ImageCache } from './image-cache.ts'
import { Jobs } from './jobs.ts'
import { JobStore } from './job-store.ts'
import { Reporter, type InternalApi, type Schedule } from './report.ts'
import { agentRoutes, demandComputeRole } from './routes.ts'
import type { UserImages } from './user-images.ts'
import { workersOf, type WorkerDeps } from './workers.ts'

export interface AgentOptions {
  host: string
  version: string
  /** Where the agent keeps images and what it knows of jobs. */
  stateDirectory: string
  /** Where disks and images are, if other hosts have these too. */
  instancesPath?: string | undefined
  driver: VirtDriver
  authToken: AuthToken
  logger: Logger
  /** Opens what was sealed for this host. */
  openContext: (sealed: string, operation: string) => RequestContext
  imagesAs: (context: RequestContext) => UserImages
  sendsServiceToken: boolean
  /** Bytes a second for the next backup; 0: unlimited. */
  snapshotBandwidth: () => number
  report: {
    api: InternalApi
    /** Where conductors reach the agent. */
    url: () => string
    /** The host as it is now. */
    state: () => HostState
    /** Milliseconds until the next report. */
    interval: () => number
    schedule?: Schedule
  }
  tls?: TlsMaterial
  now?: () => Date
  /** Waits between two tries of an upload; replaced by tests. */
  sleep?: WorkerDeps['sleep']
}

/** A host agent. */
export interface Agent {
  app: ApiApp
  jobs: Jobs
  /** Begins when the port is open. */
  reporter: Reporter
}

const dayMilliseconds = 86_400_000

/** Puts the agent together. Closing the application lets go of everything; the guests run on. */
export function createAgent(options: AgentOptions): Agent {
  const { driver, logger, stateDirectory, now = () => new Date(), tls, sleep } = options
  const store = new JobStore(stateDirectory)
  const cache = options.instancesPath
    ? new ImageCache(join(options.instancesPath, '_base'), now, options.host)
    : new ImageCache(join(stateDirectory, 'images'), now)
  const workers = workersOf({
    driver,
    cache,
    logger,
    now,
    snapshotBandwidth: options.snapshotBandwidth,
    openContext: options.openContext,
    imagesAs: options.imagesAs,
    sendsServiceToken: options.sendsServiceToken,
    ...(sleep ? { sleep } : {}),
  })
  const abandon = (operation: string) => driver.forgetBackup(operation)
  const jobs = new Jobs({ store, workers, abandon, logger })
  const keepHouseNow = () => void keepHouse({ store, jobs, cache, driver, now, logger })
  const keepingHouse = setInterval(keepHouseNow, dayMilliseconds).unref()
  const { state, ...report } = options.report
  const { host } = options
  const { hypervisor } = driver
  const reporter = new Reporter({
    host,
    driver,
    jobs,
    logger,
    capacity: () => capacityOf(state()),
    facts: () => hostFacts(state(), hypervisor, now()),
    ...report,
  })

  const app = createApi({
    service: 'nova-compute',
    version: options.version,
    logger,
    errorFormat: computeErrorFormat,
    now: () => now().getTime(),
    ...(tls ? { tls } : {}),
  })
  const open = (request: FastifyRequest) => openPaths.has(request.url)
  fastifyAuthToken(app, options.authToken, { exempt: open })
  demandComputeRole(app, open)
  agentRoutes(app, { jobs, driver })
  app.addHook('onListen', (done) => {
    reporter.start()
    keepHouseNow()
    done()
  })
  app.addHook('preClose', (done) => {
    clearInterval(keepingHouse)
    reporter.stop()
    jobs.stop()
    done()
  })
  return { app, jobs, reporter }
}
