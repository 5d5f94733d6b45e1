import type { RequestContext } from '@longhaul/oslo/context'
import type { Logger } from '@longhaul/oslo/log'
import type { Enforcer } from '@longhaul/oslo/policy'
import type { Attachment, Volume } from '../cinder.ts'
import type { DeviceOperationOptions, DeviceServer } from '../device-operations.ts'
import type { VolumeAttachmentStore } from './store.ts'

export type Server = DeviceServer

/** What the volumes of servers need of others. */
export interface VolumeAttachmentsOptions extends DeviceOperationOptions {
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
  logger: Logger
}
