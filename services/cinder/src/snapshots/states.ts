/**
 * States of snapshots: `creating` → `available` → `deleting` → gone; `error` and `error_deleting` when that failed.
 * `creating` and `deleting` are works, as those of volumes.
 */
export const snapshotStatuses = ['creating', 'available', 'deleting', 'error', 'error_deleting'] as const

export type SnapshotStatus = (typeof snapshotStatuses)[number]

/** What an administrator may set; the works are not among it. */
export const resettableSnapshotStatuses = ['available', 'error', 'error_deleting'] as const

/** From which a snapshot may be deleted without force. */
export const deletableSnapshotStatuses: readonly SnapshotStatus[] = ['available', 'error', 'error_deleting']
