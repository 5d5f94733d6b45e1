import type { ActionRow, EventRow } from './store.ts'

/** The extension shows times without a zone, in microseconds. */
function timeText(time: Date | null): string | null {
  return time && time.toISOString().replace(/(\.\d{3})Z$/, '$1000')
}

/** @see openstack/nova nova/api/openstack/compute/instance_actions.py */
export function actionView(action: ActionRow) {
  return {
    action: action.action,
    instance_uuid: action.server_id,
    request_id: action.request_id,
    user_id: action.user_id,
    project_id: action.project_id,
    start_time: timeText(action.start_time),
    message: action.message,
  }
}

/** @param whole with what only administrators see */
export function eventView(event: EventRow, whole: boolean) {
  return {
    event: event.event,
    start_time: timeText(event.start_time),
    finish_time: timeText(event.finish_time),
    result: event.result,
    details: event.details,
    ...(whole ? { traceback: event.details, host: event.host } : {}),
  }
}
