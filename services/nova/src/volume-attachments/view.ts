import type { Microversion } from '../microversions.ts'
import type { MappingRow } from './store.ts'

/**
 * A volume of a server as a version shows it.
 *
 * @see openstack/nova nova/api/openstack/compute/volumes.py, _translate_attachment_detail_view
 */
export function attachmentView(row: MappingRow, version: Microversion): Record<string, unknown> {
  const named = version.atLeast('2.89')
  return {
    ...(named ? {} : { id: row.volume_id }),
    ...basics(row, version),
    ...(named ? { attachment_id: row.attachment_id, bdm_uuid: row.uuid } : {}),
  }
}

/** What a request to attach is answered, in every version under the volume's id. */
export function newAttachmentView(row: MappingRow, version: Microversion): Record<string, unknown> {
  return { id: row.volume_id, ...basics(row, version) }
}

function basics(row: MappingRow, version: Microversion): Record<string, unknown> {
  return {
    volumeId: row.volume_id,
    serverId: row.server_id,
    device: row.device_name,
    ...(version.atLeast('2.70') ? { tag: row.tag } : {}),
    ...(version.atLeast('2.79') ? { delete_on_termination: row.delete_on_termination } : {}),
  }
}
