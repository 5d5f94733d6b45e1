import type { VolumeOfServer } from './volumes-of-servers.ts'

/**
 * Deletes what the volumes of a server have for hosts where it does not run: the database says which attachment is the
 * right one. Before the server has arrived that is the source's, afterwards the destination's.
 *
 * @param unlessReplaced throws when somebody else has taken over, who may have made what is found
 */
export async function deleteStrayAttachments(
  cinder: {
    attachments(volumeId: string, serverId: string): Promise<{ id: string }[]>
    deleteAttachment(id: string): Promise<void>
  },
  serverId: string,
  volumes: readonly VolumeOfServer[],
  unlessReplaced: () => Promise<unknown>,
): Promise<void> {
  for (const { volumeId, attachmentId } of volumes) {
    for (const { id } of await cinder.attachments(volumeId, serverId)) {
      if (id === attachmentId) continue
      await unlessReplaced()
      await cinder.deleteAttachment(id)
    }
  }
}
