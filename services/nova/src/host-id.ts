import { createHash } from 'node:crypto'

/**
 * Tells a user whether two of the project's servers share a host, without naming it; empty without a host.
 *
 * @see openstack/nova nova/utils.py, generate_hostid
 */
export function hostId(host: string | null, projectId: string): string {
  return host === null ? '' : createHash('sha224').update(`${projectId}${host}`).digest('hex')
}
