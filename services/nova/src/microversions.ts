import type { Microversion as AnyMicroversion, MicroversionWindow } from '@longhaul/oslo/api'

/**
 * What each microversion of the Compute API changed here, newest last. `-`: it is about something that this cloud does not
 * have (its routes stay 404, its request keys stay refused), or only a signal. The last one is the newest that is served.
 *
 * @see openstack/nova nova/api/openstack/compute/rest_api_version_history.rst
 */
export const microversionHistory = [
  ['2.1', 'All that follows builds on it.'],
  ['2.2', 'Key pairs have a `type`; creating one answers 201, deleting one 204.'],
  [
    '2.3',
    'Extended server attributes: reservation, launch index, hostname, kernel, ramdisk, root device, user data; volumes show `delete_on_termination`.',
  ],
  ['2.4', '- fixed IPs'],
  ['2.5', 'Servers are filtered by `ip6` for everybody.'],
  ['2.6', '- remote consoles'],
  ['2.7', 'Giving a project access to a public flavor is a conflict.'],
  ['2.8', '- remote consoles'],
  ['2.9', 'Servers show `locked`.'],
  ['2.10', 'Administrators may name the `user_id` of key pairs.'],
  ['2.11', 'Services show `forced_down`; PUT /os-services/force-down.'],
  ['2.12', '- virtual interfaces'],
  ['2.13', '- server groups'],
  ['2.14', '- evacuation'],
  ['2.15', '- server groups'],
  ['2.16', 'Servers show `host_status`.'],
  ['2.17', '- crash dumps'],
  ['2.18', 'URLs without a project id; both forms are served in every version.'],
  ['2.19', 'Servers have a `description`.'],
  ['2.20', '- shelved servers'],
  ['2.21', 'Instance actions of deleted servers.'],
  ['2.22', 'A live migration is forced to complete: POST /servers/{id}/migrations/{id}/action.'],
  ['2.23', 'Live migrations under way: /servers/{id}/migrations; migrations show their type and links.'],
  ['2.24', 'A live migration is aborted: DELETE /servers/{id}/migrations/{id}.'],
  ['2.25', '`block_migration` may be `auto`, and there is no `disk_over_commit`.'],
  ['2.26', 'Servers have tags: /servers/{id}/tags, and filters by them.'],
  ['2.27', '- the header OpenStack-API-Version, which is read and sent in every version'],
  ['2.28', 'A hypervisor’s `cpu_info` is an object.'],
  ['2.29', '- evacuation'],
  ['2.30', '`force` of a live migration, which changes nothing here.'],
  ['2.31', '- console tokens'],
  ['2.32', 'A network of a new server may have a `tag`, up to 2.36.'],
  ['2.33', 'Pages of hypervisors.'],
  ['2.34', '- checks of a live migration, which are made later in every version'],
  ['2.35', 'Pages of key pairs.'],
  ['2.36', 'Quotas and limits of networks are not shown or taken any more.'],
  ['2.37', '`networks` is required to create a server, and may be `none` or `auto`.'],
  ['2.38', 'Listing servers of a `status` that does not exist is refused.'],
  ['2.39', '`maxImageMeta` is no limit any more, and no quota of createImage.'],
  ['2.40', '- usage reports'],
  ['2.41', '- aggregates'],
  ['2.42', 'A network of a new server may have a `tag` again.'],
  ['2.43', '- /os-hosts'],
  ['2.44', '- addresses of nova-network'],
  ['2.45', 'createImage answers `{"image_id": …}` and no Location.'],
  ['2.46', '- the header X-OpenStack-Request-Id, which is sent in every version'],
  ['2.47', 'A server shows its flavor’s values and not its id.'],
  ['2.48', '- diagnostics'],
  ['2.49', 'A volume or a port is attached with a `tag`.'],
  ['2.50', 'Quota classes show server groups and no networks.'],
  [
    '2.51',
    'Events of an instance action are shown to everybody who sees the action, tracebacks to administrators; the event `volume-extended`.',
  ],
  ['2.52', 'Tags when a server is created.'],
  [
    '2.53',
    'Ids of services and hypervisors are UUIDs; PUT /os-services/{id}; hypervisors are searched by query.',
  ],
  ['2.54', '- rebuilding'],
  ['2.55', 'Flavors have a `description`; PUT /flavors/{id}.'],
  ['2.56', '- cold migration'],
  ['2.57', '`personality` is no request key any more, and nothing about injected files is a limit or quota.'],
  ['2.58', 'Instance actions have pages, `changes-since` and `updated_at`.'],
  ['2.59', 'Migrations have a `uuid`, pages and `changes-since`.'],
  ['2.60', '- volumes'],
  ['2.61', 'Flavors show their extra specs.'],
  ['2.62', 'Events of an instance action have `host` and `hostId`.'],
  ['2.63', 'Servers show `trusted_image_certificates`, always null.'],
  ['2.64', '- server groups'],
  ['2.65', 'A live migration is aborted also while it is queued or prepared.'],
  ['2.66', '`changes-before` for servers, instance actions and migrations.'],
  ['2.67', '- volumes'],
  ['2.68', 'A live migration has no `force`.'],
  ['2.69', '- cells that are down: there are no cells'],
  ['2.70', 'Volumes and ports of a server show their `tag`.'],
  ['2.71', 'A server shows its `server_groups`, always none.'],
  ['2.72', '- ports'],
  ['2.73', 'A reason when a server is locked; servers are filtered and sorted by `locked`.'],
  ['2.74', 'Administrators may ask for a `host` or `hypervisor_hostname` when they create a server.'],
  [
    '2.75',
    'Unknown query parameters are refused; PUT /servers/{id} answers the whole server; no swap is 0; a hypervisor always shows its servers when asked for.',
  ],
  ['2.76', '- external events of power: those about ports are taken in every version'],
  ['2.77', '- shelved servers'],
  ['2.78', '- NUMA topology'],
  ['2.79', 'A volume is attached with `delete_on_termination`, which is shown.'],
  ['2.80', 'Migrations show `user_id` and `project_id`, and are filtered by them.'],
  ['2.81', '- aggregates'],
  ['2.82', '- accelerators'],
  ['2.83', 'More filters of servers for everybody.'],
  ['2.84', 'Failed events of an instance action have `details`.'],
  ['2.85', 'PUT /servers/{id}/os-volume_attachments/{volume} changes `delete_on_termination`.'],
  ['2.86', 'Extra specs of known name spaces are checked.'],
  ['2.87', '- rescue'],
  ['2.88', 'Hypervisors show `uptime` and nothing about their load; no statistics.'],
  ['2.89', 'Volumes of a server show `attachment_id` and `bdm_uuid`, and no `id`.'],
  ['2.90', 'Servers are given a `hostname`, which everybody sees.'],
  ['2.91', '- shelved servers'],
  ['2.92', 'Key pairs are imported only; their names may have @ and dots.'],
  ['2.93', '- rebuilding'],
  ['2.94', 'A `hostname` may be a full domain name.'],
  ['2.95', '- evacuation'],
  ['2.96', 'Servers show the availability zone that was asked for.'],
] as const

/** A version that the table knows: another one is a mistake that the compiler finds. */
export type Version = (typeof microversionHistory)[number][0]

/** The version of a request. */
export type Microversion = AnyMicroversion<Version>

/** What is negotiated. */
export const microversionRange = {
  service: 'compute',
  min: microversionHistory[0][0],
  max: microversionHistory.at(-1)![0],
} as const

/** Options of a route that is there in some versions only. */
export function served(window: MicroversionWindow<Version>): {
  config: { microversions: MicroversionWindow<Version> }
} {
  return { config: { microversions: window } }
}
