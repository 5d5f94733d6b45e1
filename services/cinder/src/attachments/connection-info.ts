/** How QEMU reaches a volume. */
export interface NbdConnection {
  volumeId: string
  attachmentId: string
  /** Path of the socket. */
  socket: string
  writable: boolean
}

/**
 * What a host needs to open a volume: QEMU's address of the NBD server, the name of the export, and the format of what is in it. The
 * others are what every driver of the original says.
 *
 * @see openstack/cinder cinder/volume/manager.py, _parse_connection_options
 */
export function connectionInfo({ volumeId, attachmentId, socket, writable }: NbdConnection) {
  return {
    driver_volume_type: 'nbd',
    data: {
      server: { type: 'unix', path: socket },
      export: attachmentId,
      format: 'raw',
      volume_id: volumeId,
      access_mode: writable ? 'rw' : 'ro',
      discard: true,
      encrypted: false,
      cacheable: false,
      qos_specs: null,
    },
  }
}

/** The form in which attachments show it: without the level `data`, which Nova puts back. */
export function flatConnectionInfo(connection: NbdConnection): Record<string, unknown> {
  const { data, driver_volume_type } = connectionInfo(connection)
  return { ...data, driver_volume_type, attachment_id: connection.attachmentId }
}
