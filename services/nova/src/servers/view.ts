import { hostId } from '../host-id.ts'
import { isoTime, isoTimeWithoutZone } from '../iso-time.ts'
import { resourceLinks, type Links } from '../links.ts'
import type { Microversion } from '../microversions.ts'
import { defaultZone } from '../zone-names.ts'
import { addressesView } from './addresses.ts'
import type { AttachedVolume, Fault, ServerAddresses, ServerRow } from './server.ts'
import { statusOf } from './states.ts'

/** What a caller may see of a server. */
export interface ViewRights {
  /** The host and what else only administrators see. */
  extended: boolean
  /** Whole tracebacks of faults. */
  admin: boolean
  /** The flavor's extra specs. */
  extraSpecs: boolean
}

/** A server with what is shown beside it. */
export interface ShownServer {
  server: ServerRow
  fault: Fault | undefined
  rights: ViewRights
  /** Absent: none, or they are not shown. */
  volumes?: readonly AttachedVolume[] | undefined
  /** Absent: none. */
  addresses?: readonly ServerAddresses[] | undefined
  /** How its host is; absent if the caller may not know. */
  hostStatus?: string | undefined
}

export interface ViewOptions {
  links: Links
  version: Microversion
  /** Whether it is one of a list. */
  inList?: boolean
}

/** Where guests see their disk. */
const rootDevice = '/dev/vda'
/** Statuses in which servers get on with something. */
const progressing = new Set(['ACTIVE', 'BUILD', 'REBUILD', 'RESIZE', 'VERIFY_RESIZE', 'MIGRATING'])
const faulty = new Set(['ERROR', 'DELETED'])

/** A server in a list without details. */
export function serverSummary({ server }: ShownServer, { links }: ViewOptions) {
  return { id: server.id, name: server.name, links: resourceLinks(links, `/servers/${server.id}`) }
}

/**
 * A server with all that a version shows.
 *
 * @see openstack/nova nova/api/openstack/compute/views/servers.py
 */
export function serverView(shown: ShownServer, options: ViewOptions): Record<string, unknown> {
  const { server, rights } = shown
  const { version } = options
  return {
    ...basics(shown, options),
    'OS-EXT-AZ:availability_zone': server.host === null ? (server.availability_zone ?? '') : defaultZone,
    config_drive: '',
    key_name: server.key_name,
    'OS-SRV-USG:launched_at': isoTimeWithoutZone(server.launched_at),
    'OS-SRV-USG:terminated_at': isoTimeWithoutZone(server.deleted_at),
    ...(rights.extended ? extendedAttributes(server, version) : {}),
    ...(!rights.extended && version.atLeast('2.90') ? { 'OS-EXT-SRV-ATTR:hostname': server.hostname } : {}),
    'OS-EXT-STS:task_state': server.task_state,
    'OS-EXT-STS:vm_state': server.vm_state,
    'OS-EXT-STS:power_state': server.power_state,
    'os-extended-volumes:volumes_attached': volumesView(shown, version),
    ...(version.atLeast('2.16') && shown.hostStatus !== undefined ? { host_status: shown.hostStatus } : {}),
    ...laterFields(server, options),
  }
}

/** What `PUT /servers/{id}` answered up to microversion 2.74. */
export function updatedServerView(shown: ShownServer, options: ViewOptions): Record<string, unknown> {
  return { ...basics(shown, options), ...laterFields(shown.server, options) }
}

function basics(shown: ShownServer, { links, version }: ViewOptions): Record<string, unknown> {
  const { server, fault, rights } = shown
  const { id, flavor } = server
  const status = statusOf(server.vm_state, server.task_state)
  return {
    id,
    name: server.name,
    status,
    tenant_id: server.project_id,
    user_id: server.user_id,
    metadata: server.metadata,
    hostId: hostId(server.host, server.project_id),
    image: {
      id: server.image_id,
      links: [{ rel: 'bookmark', href: links.bookmark(`/images/${server.image_id}`) }],
    },
    flavor: version.atLeast('2.47')
      ? embeddedFlavor(server, rights)
      : { id: flavor.id, links: [{ rel: 'bookmark', href: links.bookmark(`/flavors/${flavor.id}`) }] },
    created: isoTime(server.created_at),
    updated: isoTime(server.updated_at),
    addresses: addressesView(shown.addresses ?? [], true),
    accessIPv4: server.access_ip_v4 ?? '',
    accessIPv6: server.access_ip_v6 ?? '',
    links: resourceLinks(links, `/servers/${id}`),
    'OS-DCF:diskConfig': server.auto_disk_config ? 'AUTO' : 'MANUAL',
    ...(progressing.has(status) ? { progress: 0 } : {}),
    ...(fault && faulty.has(status) ? { fault: faultView(fault, rights) } : {}),
  }
}

/** What microversions added without a prefix. */
function laterFields(server: ServerRow, { version, inList = false }: ViewOptions): Record<string, unknown> {
  return {
    ...(version.atLeast('2.9') ? { locked: server.locked_by !== null } : {}),
    ...(version.atLeast('2.73') ? { locked_reason: server.locked_reason } : {}),
    ...(version.atLeast('2.19') ? { description: server.description } : {}),
    ...(version.atLeast('2.26') ? { tags: server.tags } : {}),
    ...(version.atLeast('2.63') ? { trusted_image_certificates: null } : {}),
    ...(version.atLeast('2.71') && !inList ? { server_groups: [] } : {}),
    ...(version.atLeast('2.96') ? { pinned_availability_zone: server.availability_zone } : {}),
  }
}

function embeddedFlavor({ flavor }: ServerRow, { extraSpecs }: ViewRights) {
  const { vcpus, ram, disk, ephemeral, swap, name } = flavor
  return {
    vcpus,
    ram,
    disk,
    ephemeral,
    swap,
    original_name: name,
    ...(extraSpecs ? { extra_specs: flavor.extra_specs } : {}),
  }
}

function extendedAttributes(server: ServerRow, version: Microversion) {
  return {
    'OS-EXT-SRV-ATTR:host': server.host,
    'OS-EXT-SRV-ATTR:hypervisor_hostname': server.host,
    'OS-EXT-SRV-ATTR:instance_name': `instance-${server.id}`,
    ...(version.atLeast('2.3')
      ? {
          'OS-EXT-SRV-ATTR:reservation_id': server.reservation_id,
          'OS-EXT-SRV-ATTR:launch_index': server.launch_index,
          'OS-EXT-SRV-ATTR:hostname': server.hostname,
          'OS-EXT-SRV-ATTR:kernel_id': '',
          'OS-EXT-SRV-ATTR:ramdisk_id': '',
          'OS-EXT-SRV-ATTR:root_device_name': server.host === null ? null : rootDevice,
          'OS-EXT-SRV-ATTR:user_data': server.user_data,
        }
      : {}),
  }
}

function volumesView({ volumes = [] }: ShownServer, version: Microversion) {
  return volumes.map(({ id, delete_on_termination }) =>
    version.atLeast('2.3') ? { id, delete_on_termination } : { id },
  )
}

function faultView(fault: Fault, { admin }: ViewRights) {
  const detailed = fault.details !== null && (admin || fault.code !== 500)
  return {
    code: fault.code,
    created: isoTime(fault.created_at),
    message: fault.message,
    ...(detailed ? { details: fault.details } : {}),
  }
}
