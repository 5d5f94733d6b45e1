import type { Microversion } from '../microversions.ts'
import type { NetworkPort } from '../neutron.ts'

/** A port as it is shown, with the tag that nova knows. */
export interface ShownInterface {
  port: NetworkPort
  tag: string | null
}

/** @see openstack/nova nova/api/openstack/compute/attach_interfaces.py, _translate_interface_attachment_view */
export function interfaceView({ port, tag }: ShownInterface, version: Microversion): Record<string, unknown> {
  return {
    net_id: port.network_id,
    port_id: port.id,
    mac_addr: port.mac_address,
    port_state: port.status,
    fixed_ips: port.fixed_ips.map(({ subnet_id, ip_address }) => ({ subnet_id, ip_address })),
    ...(version.atLeast('2.70') ? { tag } : {}),
  }
}
