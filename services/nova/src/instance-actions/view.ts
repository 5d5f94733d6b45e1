import { hostId } from '../host-id.ts'
import { isoTimeWithoutZone } from '../iso-time.ts'
import type { Microversion } from '../microversions.ts'
import type { ActionRow, EventRow } from './store.ts'

/** What a caller sees of events. */
export interface EventRights {
  /** Traceback and host. */
  whole: boolean
  /** What failed events say. */
  details: boolean
}

/** @see openstack/nova nova/api/openstack/compute/instance_actions.py */
export function actionView(action: ActionRow, version: Microversion) {
  return {
    action: action.action,
    instance_uuid: action.server_id,
    request_id: action.request_id,
    user_id: action.user_id,
    project_id: action.project_id,
    start_time: isoTimeWithoutZone(action.start_time),
    message: action.message,
    ...(version.atLeast('2.58') ? { updated_at: isoTimeWithoutZone(action.updated_at) } : {}),
  }
}

/** Before 2.51 only who sees the whole of events sees them at all. */
export function showsEvents(version: Microversion, { whole }: EventRights): boolean {
  return whole || version.atLeast('2.51')
}

/** @param projectId of the action, which the host's id depends on */
export function eventView(
  event: EventRow,
  projectId: string,
  { version, rights }: { version: Microversion; rights: EventRights },
) {
  const { whole, details } = rights
  return {
    event: event.event,
    start_time: isoTimeWithoutZone(event.start_time),
    finish_time: isoTimeWithoutZone(event.finish_time),
    result: event.result,
    ...(whole ? { traceback: event.details } : {}),
    ...(whole && version.atLeast('2.62') ? { host: event.host } : {}),
    ...(version.atLeast('2.62') ? { hostId: hostId(event.host, projectId) } : {}),
    ...(details && version.atLeast('2.84') ? { details: event.details } : {}),
  }
}
