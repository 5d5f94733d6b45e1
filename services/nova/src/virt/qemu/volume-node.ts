import { createHash } from 'node:crypto'
import { join } from 'node:path'
import { z } from 'zod'
import type { ConnectionInfo, Volume } from '../../devices-protocol.ts'
import { DriverError } from '../driver.ts'

/** A file on a share that other hosts mount too. @see openstack/cinder cinder/volume/drivers/nfs.py, initialize_connection */
const nfsData = z.object({
  /** `host:/path` */
  export: z.string().min(1),
  /** The file's name on the share. */
  name: z.string().regex(/^[^/]+$/),
  format: z.enum(['raw', 'qcow2']).nullish(),
  /** Of mount(8), such as `-o vers=4.2`. */
  options: z.string().nullish(),
  access_mode: z.string().nullish(),
})

/** A network block device; `server` is QEMU's address of a socket. @see QEMU, qapi/sockets.json, SocketAddress */
const nbdData = z.object({
  server: z.discriminatedUnion('type', [
    z.object({ type: z.literal('unix'), path: z.string().min(1) }),
    z.object({ type: z.literal('inet'), host: z.string().min(1), port: z.coerce.string().regex(/^\d+$/) }),
  ]),
  /** The export's name. */
  export: z.string(),
  /** Seconds for which what the machine reads and writes waits for a server that is away. */
  reconnect_delay: z.int().min(0).optional(),
  access_mode: z.string().nullish(),
})

export type NfsData = z.infer<typeof nfsData>
export type NbdServer = z.infer<typeof nbdData>['server']

/** A storage server may be away for so long before the machine sees an error. */
const reconnectSeconds = 3600

/** What a volume is called inside QEMU, as device and as block node. A node's name has at most 31 characters. */
export function volumeName(id: string): string {
  return `volume-${createHash('sha256').update(id).digest('hex').slice(0, 16)}`
}

/** The share that a volume's file is on; undefined: it is reached in another way. @throws DriverError `volume_connection_invalid` */
export function nfsShare({ driver_volume_type: type, data }: ConnectionInfo): NfsData | undefined {
  return type === 'nfs' ? parsed(nfsData, data) : undefined
}

/** Who serves a volume; undefined: it is reached in another way. @throws DriverError `volume_connection_invalid` */
export function nbdServer({ driver_volume_type: type, data }: ConnectionInfo): NbdServer | undefined {
  return type === 'nbd' ? parsed(nbdData, data).server : undefined
}

/**
 * QEMU's block node for a volume.
 *
 * @param mountPoint of the share with this export
 * @throws DriverError `volume_driver_unsupported`, `volume_connection_invalid`
 */
export function volumeNode(volume: Volume, mountPoint: (share: string) => string): object {
  const { driver_volume_type: type, data } = volume.connection_info
  const node = { 'node-name': volumeName(volume.id), discard: 'unmap', ...readOnly(data) }
  if (type === 'nbd') return { driver: 'raw', ...node, file: nbdNode(parsed(nbdData, data)) }
  if (type === 'nfs') {
    const { export: share, name, format } = parsed(nfsData, data)
    const file = { driver: 'file', filename: join(mountPoint(share), name), ...readOnly(data) }
    return { driver: format ?? 'raw', ...node, file }
  }
  throw new DriverError('volume_driver_unsupported', `volumes of the kind ${type} cannot be attached`)
}

function nbdNode(data: z.infer<typeof nbdData>): object {
  const { server, export: name, reconnect_delay: delay = reconnectSeconds } = data
  return { driver: 'nbd', server, export: name, 'reconnect-delay': delay, ...readOnly(data) }
}

function readOnly({ access_mode: mode }: { access_mode?: unknown }) {
  return mode === 'ro' ? { 'read-only': true } : {}
}

function parsed<T extends z.ZodType>(schema: T, data: unknown): z.infer<T> {
  const { data: found, error } = schema.safeParse(data)
  if (!error) return found
  throw new DriverError('volume_connection_invalid', 'the connection info of the volume is incomplete', {
    cause: error,
  })
}
