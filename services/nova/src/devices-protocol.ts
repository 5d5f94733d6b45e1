// What conductors tell host agents about the volumes and ports of a server.

/** A volume of the Block Storage service. */
export interface Volume {
  /** Volume's id; the machine sees it as the serial number. */
  id: string
  connection_info: ConnectionInfo
}

/**
 * How a host reaches a volume; `driver_volume_type` says what is in `data`.
 *
 * @see Block Storage API, attachments; openstack/nova nova/virt/block_device.py
 */
export interface ConnectionInfo {
  driver_volume_type: string
  data: Record<string, unknown>
}

/** Reads it as the Block Storage API gives it in an attachment, all in one object, or as Nova keeps it, with `data` apart. */
export function connectionInfoOf(given: {
  driver_volume_type: string
  [property: string]: unknown
}): ConnectionInfo {
  const { driver_volume_type, data, ...rest } = given
  return { driver_volume_type, data: typeof data === 'object' && data !== null ? { ...data } : rest }
}

/** A port of the Networking service, as it is bound to the host. */
export interface Port {
  id: string
  mac_address: string
  /** Bytes; the machine is told it. */
  mtu?: number | undefined
  /** How the port is wired. @see Networking API, port bindings */
  vif_type: string
  vif_details: Record<string, unknown>
}
