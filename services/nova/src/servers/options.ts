import { badRequest, type Quotas } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Logger } from '@longhaul/oslo/log'
import type { Enforcer } from '@longhaul/oslo/policy'
import type { Selectable, Transaction } from 'kysely'
import type { FlavorsTable, NovaTables } from '../db/tables.ts'
import type { NetworkClient } from '../neutron.ts'
import type { EnqueueOperation } from '../operations/queue.ts'
import type { ServerStore } from './store.ts'

/** What is looked at of the image that a server is to be made of. */
export interface CheckedImage {
  id: string
  status: string
  disk_format: string | null
  /** MiB. */
  min_ram: number
  /** GiB. */
  min_disk: number
}

/** What servers need of others. */
export interface ServersOptions {
  store: ServerStore
  policy: Enforcer
  /** @returns undefined also for a flavor that the caller may not use */
  flavors: { find(context: RequestContext, id: string): Promise<Selectable<FlavorsTable> | undefined> }
  keypairs: { exists(userId: string, name: string): Promise<boolean> }
  hosts: {
    exists(host: string): Promise<boolean>
    /** How hosts are: `UP`, `DOWN`, `UNKNOWN`, `MAINTENANCE`. */
    statuses(hosts: readonly string[]): Promise<ReadonlyMap<string, string>>
  }
  quotas: Quotas<'instances' | 'cores' | 'ram' | 'metadata_items', Transaction<NovaTables>>
  /** The Image service as the user of a request. */
  images: (context: RequestContext) => {
    get(id: string): Promise<CheckedImage>
    create(image: Record<string, unknown>): Promise<unknown>
    delete(id: string): Promise<void>
  }
  /** The Networking service as the user of a request. */
  network: (context: RequestContext) => Pick<NetworkClient, 'network' | 'networks' | 'port'>
  /** The Block Storage service as the user of a request. */
  volumes: (context: RequestContext) => {
    get(volumeId: string): Promise<{ status: string; multiattach?: boolean }>
  }
  /** The console's output of a guest. @param length lines at most; undefined: all */
  console: (host: string, serverId: string, length: number | undefined) => Promise<string>
  /** Seals a context for the conductors. */
  seal: (context: RequestContext, operationId: string) => string
  queue: EnqueueOperation
  randomUUID: () => string
  now: () => Date
  logger: Logger
}

/** @throws ApiError 400: servers belong to projects */
export function projectOf(context: RequestContext): string {
  if (context.projectId !== undefined) return context.projectId
  throw badRequest('The token is for no project.', { code: 'project_missing' })
}
