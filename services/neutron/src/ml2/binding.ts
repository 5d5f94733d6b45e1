import type { Selectable } from 'kysely'
import type { PortBindingTable } from '../db/tables.ts'

/** How a port is wired on a host. @see Networking API, binding:vif_type */
export interface Wiring {
  vif_type: string
  vif_details: Record<string, unknown>
  /** Port of the host that its guest sends datagrams to; null unless its switch wires the port. */
  udp_port: number | null
}

/** A port that is on no host. */
export const unbound: Wiring = { vif_type: 'unbound', vif_details: {}, udp_port: null }
/** A port that no driver can wire on the host it is meant for. */
export const bindingFailed: Wiring = { vif_type: 'binding_failed', vif_details: {}, udp_port: null }

export type BindingStatus = 'ACTIVE' | 'INACTIVE'

/** A port on a host, or about to be there. */
export interface Binding extends Wiring {
  port_id: string
  host: string
  vnic_type: string
  profile: Record<string, unknown>
  status: BindingStatus
  plugged: boolean
}

export function bindingOf(row: Selectable<PortBindingTable>): Binding {
  return {
    ...row,
    profile: JSON.parse(row.profile) as Binding['profile'],
    vif_details: JSON.parse(row.vif_details) as Binding['vif_details'],
    status: row.status as BindingStatus,
    plugged: row.plugged === 1,
  }
}

export function rowOf(binding: Binding): Selectable<PortBindingTable> {
  return {
    ...binding,
    profile: JSON.stringify(binding.profile),
    vif_details: JSON.stringify(binding.vif_details),
    plugged: Number(binding.plugged),
  }
}
