import type { RequestContext } from '@longhaul/oslo/context'
import type { Logger } from '@longhaul/oslo/log'
import type { Enforcer } from '@longhaul/oslo/policy'
import type { Selectable } from 'kysely'
import type { Attachment, Volume } from '../cinder.ts'
import type { ServersTable } from '../db/tables.ts'
import type { EnqueueOperation } from '../operations/queue.ts'
import type { VolumeAttachmentStore } from './store.ts'

/** What is looked at of a server. */
export type Server = Pick<
  Selectable<ServersTable>,
  'id' | 'project_id' | 'user_id' | 'host' | 'vm_state' | 'task_state' | 'locked_by'
>

/** What the volumes of servers need of others. */
export interface VolumeAttachmentsOptions {
  store: VolumeAttachmentStore
  policy: Enforcer
  servers: {
    /** @throws ApiError 403, 404 */
    authorized(context: RequestContext, id: string, action: string): Promise<Server>
  }
  /** The Block Storage service as the user of a request. */
  volumes: (context: RequestContext) => {
    get(id: string): Promise<Volume>
    createAttachment(volumeId: string, serverId: string): Promise<Attachment>
    attachments(volumeId: string, serverId: string): Promise<Attachment[]>
    deleteAttachment(id: string): Promise<void>
    beginDetaching(volumeId: string): Promise<void>
    rollDetaching(volumeId: string): Promise<void>
  }
  /** Seals a context for the conductors. */
  seal: (context: RequestContext, operationId: string) => string
  queue: EnqueueOperation
  randomUUID: () => string
  now: () => Date
  logger: Logger
}
