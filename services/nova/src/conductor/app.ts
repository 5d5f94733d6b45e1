import {
  chainId,
  openContext,
  sealContext,
  type RequestContext,
  type SealingKey,
} from '@longhaul/oslo/context'
import type { Database } from '@longhaul/oslo/db'
import type { Logger } from '@longhaul/oslo/log'
import type { NovaTables } from '../db/tables.ts'
import { AgentClient, type AgentHttp } from '../operations/agent-client.ts'
import { attachInterface } from '../operations/attach-interface.ts'
import { attachVolume } from '../operations/attach-volume.ts'
import { createImage } from '../operations/create-image.ts'
import { createServer } from '../operations/create-server.ts'
import { deleteServer } from '../operations/delete-server.ts'
import { detachInterface } from '../operations/detach-interface.ts'
import { detachVolume } from '../operations/detach-volume.ts'
import { extendVolume } from '../operations/extend-volume.ts'
import { liveMigration, type LiveMigrationSettings } from '../operations/live-migration.ts'
import { TerminalError, TransientError } from '../operations/failure.ts'
import { asAny, type Images, type Ports, type Volumes } from '../operations/operation.ts'
import { powerOperations } from '../operations/power.ts'
import type { EnqueueOperation } from '../operations/queue.ts'
import type { MakeRun, Runner } from '../operations/run.ts'
import { OperationStore } from '../operations/store.ts'
import { ServiceStore } from '../services/store.ts'
import { AttachmentReaper, type AttachmentReaperOptions } from './attachment-reaper.ts'
import type { LeftVolumes } from './leftovers.ts'
import { Maintenance } from './maintenance.ts'
import type { ConductorEngine } from './take-over.ts'

export interface ConductorOptions {
  database: Database<NovaTables>
  enqueue: EnqueueOperation
  engine: ConductorEngine
  /** Stable name of this conductor. */
  conductor: string
  clients: {
    images(context: RequestContext): Images
    imagesForCompensation(requestId?: string): Images | undefined
    volumes(context: RequestContext): Volumes
    volumesForCompensation(requestId?: string): (Volumes & LeftVolumes & AllAttachments) | undefined
    network(context: RequestContext): Ports
    networkOfNova(requestId?: string): Ports | undefined
    internal(baseUrl: string, requestId?: string): AgentHttp
  }
  sealingKey: SealingKey
  /** Seconds without a report after which a host gets no new server, and a conductor's operations go to another one. */
  serviceDownTime: () => number
  retryForMs: () => number
  /** Seconds that a machine's system has to power itself off. */
  shutdownTimeout: () => number
  migration: Omit<LiveMigrationSettings, 'serviceDownTime' | 'now'>
  /** Age at which what nobody needs is removed, in milliseconds. */
  reapAfterMs: () => number
  now: () => Date
  logger: Logger
}

export interface Conductor {
  runner: Omit<Runner, 'checkpoint'>
  maintenance: Maintenance
  attachmentReaper: AttachmentReaper
}

/** How long an operation that failed tries to clean up before it lists what is left. */
const undoForMs = 60_000

type AllAttachments = NonNullable<AttachmentReaperOptions['volumes']>

/** Puts the conductor together. */
export function createConductor(options: ConductorOptions): Conductor {
  const { clients, now, logger, sealingKey } = options
  const store = new OperationStore(options.database.kysely, options.enqueue, now)

  const agentOf = async (host: string, operation: { id: string; attempt: number }, requestId?: string) => {
    const url = await store.hostUrl(host)
    if (url === undefined) throw new TransientError('host_unknown', 'the host has not reported yet')
    return new AgentClient(clients.internal(url, requestId), operation)
  }
  const makeRun: MakeRun = (operation) => {
    let opened: RequestContext | undefined
    const context = () =>
      (opened ??= openContext(operation.context ?? '', sealingKey, { operation: operation.id, host: '' }))
    // Also of an operation that keeps no context, and of one whose context cannot be read: it has to be undone.
    const requestId = () => {
      try {
        return chainId(context())
      } catch {
        return operation.requestId
      }
    }
    return {
      operation,
      input: operation.input,
      store,
      imagesOfUser: () => clients.images(context()),
      imagesOfNova: () => clients.imagesForCompensation(requestId()),
      volumesOfUser: () => clients.volumes(context()),
      volumesOfNova: () => clients.volumesForCompensation(requestId()),
      portsOfUser: () => clients.network(context()),
      portsOfNova() {
        const network = clients.networkOfNova(requestId())
        if (network) return network
        throw new TerminalError('credentials_missing', 'nova has no credentials in [neutron]')
      },
      agent: (host) => agentOf(host, operation, requestId()),
      contextFor: (host) => sealContext(context(), sealingKey, { operation: operation.id, host }),
    }
  }
  const operations = [
    asAny(createServer({ serviceDownTime: options.serviceDownTime, now })),
    asAny(createImage),
    asAny(deleteServer({ now })),
    asAny(attachVolume),
    asAny(detachVolume),
    asAny(extendVolume),
    asAny(attachInterface),
    asAny(detachInterface),
    asAny(liveMigration({ ...options.migration, serviceDownTime: options.serviceDownTime, now })),
    ...powerOperations({ shutdownTimeout: options.shutdownTimeout }).map(asAny),
  ]
  return {
    runner: { operations, store, makeRun, logger, retryForMs: options.retryForMs, undoForMs },
    attachmentReaper: new AttachmentReaper({
      db: options.database.kysely,
      volumes: clients.volumesForCompensation(),
      logger,
    }),
    maintenance: new Maintenance({
      db: options.database.kysely,
      images: clients.imagesForCompensation(),
      volumes: clients.volumesForCompensation(),
      network: clients.networkOfNova(),
      agent: agentOf,
      engine: options.engine,
      conductor: options.conductor,
      aliveConductors: (db) =>
        new ServiceStore(db).alive(
          'nova-conductor',
          new Date(now().getTime() - options.serviceDownTime() * 1000),
        ),
      reapAfterMs: options.reapAfterMs,
      now,
      logger,
    }),
  }
}
