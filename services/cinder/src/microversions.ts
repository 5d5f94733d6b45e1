import type { Microversion as AnyMicroversion, MicroversionWindow } from '@longhaul/oslo/api'

/**
 * What each microversion of the Block Storage API changed here, newest last. `-`: it is about something that this cloud does not
 * have (its routes stay 404), or only a signal. The last one is the newest that is served.
 *
 * @see openstack/cinder cinder/api/openstack/rest_api_version_history.rst
 */
export const microversionHistory = [
  ['3.0', 'All that follows builds on it.'],
  ['3.1', '- volumes as images'],
  ['3.2', 'A `bootable` filter that is neither true nor false is refused.'],
  ['3.3', '- messages'],
  ['3.4', 'Volumes are filtered by `glance_metadata`.'],
  ['3.5', '- messages'],
  ['3.6', '- consistency groups'],
  ['3.7', 'Services show their `cluster`, always null.'],
  ['3.8', '- managed volumes'],
  ['3.9', '- backups'],
  ['3.10', '- groups'],
  ['3.11', '- groups'],
  ['3.12', 'GET /volumes/summary.'],
  ['3.13', 'Volumes show a `group_id`, always null.'],
  ['3.14', 'Snapshots show a `group_snapshot_id`, always null.'],
  ['3.15', 'Metadata have an `ETag`, and changes of them may name it in `If-Match`.'],
  ['3.16', '- clusters'],
  ['3.17', '- clusters'],
  ['3.18', '- backups'],
  ['3.19', '- groups'],
  ['3.20', '- groups'],
  ['3.21', 'Administrators see the `provider_id` of a volume, always null.'],
  ['3.22', 'Snapshots are filtered by their metadata.'],
  ['3.23', 'Deleting a volume may be forced.'],
  ['3.24', '- clusters'],
  ['3.25', '- groups'],
  ['3.26', '- clusters'],
  ['3.27', 'Attachments.'],
  ['3.28', '- pools'],
  ['3.29', '- groups'],
  ['3.30', 'Snapshots are sorted by name.'],
  ['3.31', 'Filters that do not exist are refused and not ignored.'],
  ['3.32', '- log levels'],
  ['3.33', '- filters that an administrator chooses'],
  ['3.34', 'Filters with `~` behind their name look for a part of the value.'],
  ['3.35', '- pools'],
  ['3.36', 'The summary of volumes shows their metadata.'],
  ['3.37', '- backups'],
  ['3.38', '- groups'],
  ['3.39', 'Administrators see the limits of another `project_id`.'],
  ['3.40', '- a volume that becomes its snapshot again'],
  ['3.41', 'Snapshots show their `user_id`.'],
  ['3.42', 'A volume in use may be extended.'],
  ['3.43', '- backups'],
  ['3.44', 'An attachment is completed by `os-complete`.'],
  ['3.45', 'Lists show the `count` of all that match if asked `with_count`.'],
  ['3.46', '- images without data'],
  ['3.47', '- backups'],
  ['3.48', 'Volumes show `shared_targets` and `service_uuid`.'],
  ['3.49', 'Services show their `backend_state`.'],
  ['3.50', '- a signal that volumes may have several attachments, by their type'],
  ['3.51', '- backups'],
  ['3.52', 'Types are filtered by `extra_specs`.'],
  ['3.53', 'Unknown keys in the body that creates a volume are refused; an update has to change something.'],
  ['3.54', 'An attachment has a `mode` when it is created.'],
  ['3.55', '- transfers'],
  ['3.56', '- backups'],
  ['3.57', '- transfers'],
  ['3.58', '- groups'],
  ['3.59', '- transfers'],
  ['3.60', 'Volumes are filtered by time.'],
  ['3.61', 'Administrators see the `cluster_name` of a volume, always null.'],
  ['3.62', '- default types of projects'],
  ['3.63', 'Volumes show the id of their type.'],
  ['3.64', '- encryption'],
  ['3.65', 'Volumes and snapshots show `consumes_quota`, always true, and are filtered by it.'],
  ['3.66', 'Snapshots of volumes in use need no `force`.'],
  ['3.67', 'URLs without a project id.'],
  ['3.68', '- new images for volumes'],
  ['3.69', '- iSCSI'],
  ['3.70', '- transfers'],
] as const

/** A version that the table knows: another one is a mistake that the compiler finds. */
export type Version = (typeof microversionHistory)[number][0]

/** The version of a request. */
export type Microversion = AnyMicroversion<Version>

/** What is negotiated. */
export const microversionRange = {
  service: 'volume',
  min: microversionHistory[0][0],
  max: microversionHistory.at(-1)![0],
} as const

/** Options of a route that is there in some versions only. */
export function served(window: MicroversionWindow<Version>): {
  config: { microversions: MicroversionWindow<Version> }
} {
  return { config: { microversions: window } }
}
