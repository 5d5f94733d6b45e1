import type { Connector } from '../cinder.ts'
import type { HypervisorFacts } from '../db/tables.ts'

/**
 * How a host introduces itself to the Block Storage service.
 *
 * @param record the host's last report
 * @param mountpoint name of the volume's device in the machine
 * @see openstack/os-brick os_brick/initiator/connector.py, get_connector_properties
 */
export function connectorOf(
  record: { host: string; url: string; hypervisor: HypervisorFacts | null },
  mountpoint: string,
): Connector {
  const { host, url, hypervisor } = record
  const arch = hypervisor?.cpu_info['arch']
  return {
    host,
    ip: new URL(url).hostname.replace(/^\[(.*)\]$/, '$1'),
    multipath: false,
    platform: typeof arch === 'string' ? arch : 'x86_64',
    os_type: 'linux',
    mountpoint,
  }
}
