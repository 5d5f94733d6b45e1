import type { Microversion } from '../microversions.ts'
import { wireTime } from '../wire-time.ts'
import type { Snapshot } from './store.ts'

/** A snapshot as every list shows it. @see openstack/cinder cinder/api/views/snapshots.py */
export function snapshotSummary(snapshot: Snapshot): Record<string, unknown> {
  return {
    id: snapshot.id,
    created_at: wireTime(snapshot.created_at),
    updated_at: wireTime(snapshot.updated_at),
    name: snapshot.name,
    description: snapshot.description,
    volume_id: snapshot.volume_id,
    status: snapshot.status,
    size: snapshot.volume_size,
    metadata: snapshot.metadata,
  }
}

/** @param extended whether progress and project are shown */
export function snapshotDetail(
  snapshot: Snapshot,
  version: Microversion,
  extended: boolean,
): Record<string, unknown> {
  return {
    ...snapshotSummary(snapshot),
    ...(extended
      ? {
          'os-extended-snapshot-attributes:project_id': snapshot.project_id,
          'os-extended-snapshot-attributes:progress': snapshot.status === 'available' ? '100%' : '0%',
        }
      : {}),
    ...(version.atLeast('3.14') ? { group_snapshot_id: null } : {}),
    ...(version.atLeast('3.41') ? { user_id: snapshot.user_id } : {}),
    ...(version.atLeast('3.65') ? { consumes_quota: true } : {}),
  }
}
