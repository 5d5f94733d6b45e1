import { wireTime } from '../wire-time.ts'
import type { Attachment } from './store.ts'

/** An attachment as lists without details show it. */
export function attachmentSummary(attachment: Attachment) {
  return {
    id: attachment.id,
    status: attachment.attach_status,
    instance: attachment.instance_uuid,
    volume_id: attachment.volume_id,
  }
}

/** @see openstack/cinder cinder/api/v3/views/attachments.py */
export function attachmentDetail(attachment: Attachment) {
  return {
    ...attachmentSummary(attachment),
    attached_at: wireTime(attachment.attach_time) ?? '',
    detached_at: '',
    attach_mode: attachment.attach_mode ?? 'null',
    connection_info: infoOf(attachment),
  }
}

function infoOf({ connection_info: info }: Attachment): Record<string, unknown> {
  return info === null ? {} : (JSON.parse(info) as Record<string, unknown>)
}
