import { createHash } from 'node:crypto'
import type { Fault, ServerRow } from './server.ts'
import { statusOf } from './states.ts'

export interface ViewOptions {
  /** URL of the service without a slash at its end. */
  baseUrl: string
  /** Whether the caller may see the host. */
  extended: boolean
  /** Of a server in error. */
  fault?: Fault | undefined
}

type Links = { rel: 'self' | 'bookmark'; href: string }[]

/** Times as Nova writes them: whole seconds, with a Z. */
function timeText(time: Date): string {
  return time.toISOString().replace(/\.\d+Z$/, 'Z')
}

export function serverLinks(baseUrl: string, id: string): Links {
  return [
    { rel: 'self', href: `${baseUrl}/v2.1/servers/${id}` },
    { rel: 'bookmark', href: `${baseUrl}/servers/${id}` },
  ]
}

/** A server in a list without details. */
export function serverSummary(server: ServerRow, { baseUrl }: Pick<ViewOptions, 'baseUrl'>) {
  return { id: server.id, name: server.name, links: serverLinks(baseUrl, server.id) }
}

/**
 * A server with all that microversion 2.1 shows.
 *
 * @see openstack/nova nova/api/openstack/compute/views/servers.py
 */
export function serverView(server: ServerRow, options: ViewOptions): Record<string, unknown> {
  const { baseUrl, fault } = options
  const status = statusOf(server.vm_state)
  return {
    id: server.id,
    name: server.name,
    status,
    tenant_id: server.project_id,
    user_id: server.user_id,
    metadata: server.metadata,
    hostId: hostId(server),
    image: {
      id: server.image_id,
      links: [{ rel: 'bookmark', href: `${baseUrl}/images/${server.image_id}` }],
    },
    flavor: {
      id: server.flavor.id,
      links: [{ rel: 'bookmark', href: `${baseUrl}/flavors/${server.flavor.id}` }],
    },
    created: timeText(server.created_at),
    updated: timeText(server.updated_at),
    addresses: {},
    accessIPv4: '',
    accessIPv6: '',
    links: serverLinks(baseUrl, server.id),
    'OS-DCF:diskConfig': 'MANUAL',
    ...(status === 'ERROR' ? {} : { progress: 0 }),
    'OS-EXT-AZ:availability_zone': server.host === null ? '' : 'nova',
    config_drive: '',
    key_name: null,
    'OS-SRV-USG:launched_at': usageTime(server.launched_at),
    'OS-SRV-USG:terminated_at': usageTime(server.deleted_at),
    ...(options.extended ? extendedAttributes(server) : {}),
    'OS-EXT-STS:task_state': server.task_state,
    'OS-EXT-STS:vm_state': server.vm_state,
    'OS-EXT-STS:power_state': server.power_state,
    'os-extended-volumes:volumes_attached': [],
    ...(fault && status === 'ERROR' ? { fault: faultView(fault, options.extended) } : {}),
  }
}

function extendedAttributes(server: ServerRow) {
  return {
    'OS-EXT-SRV-ATTR:host': server.host,
    'OS-EXT-SRV-ATTR:hypervisor_hostname': server.host,
    'OS-EXT-SRV-ATTR:instance_name': `instance-${server.id}`,
  }
}

function faultView(fault: Fault, extended: boolean) {
  return {
    code: fault.code,
    created: timeText(fault.created_at),
    message: fault.message,
    ...(extended && fault.details !== null ? { details: fault.details } : {}),
  }
}

/** The extension shows times without a zone, in microseconds. */
function usageTime(time: Date | null): string | null {
  return time && time.toISOString().replace(/(\.\d{3})Z$/, '$1000')
}

/** Tells a user whether two of the project's servers share a host, without naming it. */
function hostId({ host, project_id: project }: ServerRow): string {
  if (host === null) return ''
  return createHash('sha224').update(`${project}${host}`).digest('hex')
}
