/**
 * States of volumes.
 *
 * ```
 *            create            reserve, attachment        os-complete, os-attach
 *  creating ───────► available ─────────────► reserved ─┐        ┌──► in-use ◄─┐
 *  downloading ──┘      │ ▲ ▲   os-reserve   attaching ─┴────────┘      │      │ os-roll_detaching
 *       │               │ │ └─────── last attachment deleted ───────────┤      │
 *       ▼        delete │ └─ extending (extend; back to what it was)    ▼      │
 *     error ──► deleting ──► gone                                    detaching ┘
 * ```
 *
 * `creating`, `downloading`, `extending` and `deleting` are works, which the process that owns the store does or, after its death,
 * its next start.
 */
export const volumeStatuses = [
  'creating',
  'downloading',
  'available',
  'reserved',
  'attaching',
  'detaching',
  'in-use',
  'maintenance',
  'extending',
  'deleting',
  'error',
  'error_deleting',
  'error_extending',
] as const

export type VolumeStatus = (typeof volumeStatuses)[number]

/**
 * What an administrator may set. Not `creating` and `deleting`, which the original allows: they are works here, and would
 * be done.
 *
 * @see openstack/cinder cinder/api/contrib/admin_actions.py
 */
export const resettableStatuses = [
  'available',
  'error',
  'error_deleting',
  'attaching',
  'detaching',
  'in-use',
  'maintenance',
  'reserved',
] as const

/** States that are works. */
export const workStatuses = ['creating', 'downloading', 'extending', 'deleting'] as const

/** States in which nothing is being done to a volume. */
export const quietStatuses: readonly VolumeStatus[] = volumeStatuses.filter(
  (status) => !(workStatuses as readonly VolumeStatus[]).includes(status),
)

/** From which a volume may be deleted without force; from `error_deleting` too, so that no administrator is needed. */
export const deletableStatuses: readonly VolumeStatus[] = [
  'available',
  'error',
  'error_extending',
  'error_deleting',
]
