/** Who may reach a volume, and how. */
export interface NbdExport {
  writable: boolean
}

/** Files of a storage daemon. */
export interface DaemonPlace {
  /** The volume's file. */
  volume: string
  /** Directory of the sockets; the names below are in it. */
  directory: string
  /** Socket of the NBD server. */
  nbd: string
  /** Socket of the monitor. */
  monitor: string
  /** What the daemon says. */
  log: string
}

/** Sockets with longer paths cannot be connected to. @see unix(7) */
const longestPathBytes = 107

/**
 * Where the daemon of a volume has its files.
 *
 * @throws Error if the directory's path is too long for sockets in it
 */
export function daemonPlace(directory: string, volume: { id: string; path: string }): DaemonPlace {
  const place = {
    volume: volume.path,
    directory,
    nbd: `${volume.id}.nbd`,
    monitor: `${volume.id}.qmp`,
    log: `${volume.id}.log`,
  }
  if (Buffer.byteLength(`${directory}/${place.monitor}`) > longestPathBytes) {
    throw new Error(`the path of the socket directory is too long: ${directory}`)
  }
  return place
}

/** The node that exports and copies are made from. */
export const diskNode = 'disk'

const exportPrefix = 'attachment-'

/** Id of the export of an attachment: QEMU's ids begin with a letter. */
export function exportId(attachmentId: string): string {
  return `${exportPrefix}${attachmentId}`
}

/** The attachment of an export. */
export function attachmentOf(id: string): string {
  return id.startsWith(exportPrefix) ? id.slice(exportPrefix.length) : id
}

/** The export of an attachment, which clients know by the attachment's id, as the monitor takes it. */
export function exportArguments(attachmentId: string, { writable }: NbdExport, node: string) {
  return { type: 'nbd', id: exportId(attachmentId), name: attachmentId, 'node-name': node, writable }
}

/**
 * Arguments of `qemu-storage-daemon`. Its exports are there before it takes the first connection, so that a client that
 * connects again finds its own. Paths that have to be short are relative: it runs in the directory of the sockets.
 */
export function daemonArguments(place: DaemonPlace, exports: ReadonlyMap<string, NbdExport>): string[] {
  return [
    '--chardev',
    `socket,id=monitor,path=${place.monitor},server=on,wait=off`,
    '--monitor',
    'chardev=monitor',
    '--blockdev',
    blockdevOf(place.volume),
    '--nbd-server',
    `addr.type=unix,addr.path=${place.nbd}`,
    ...[...exports].flatMap(([id, { writable }]) => [
      '--export',
      `type=nbd,id=${exportId(id)},name=${id},node-name=${diskNode},writable=${writable ? 'on' : 'off'}`,
    ]),
  ]
}

function blockdevOf(volume: string): string {
  const file = { driver: 'file', filename: volume, discard: 'unmap' }
  return JSON.stringify({ driver: 'raw', 'node-name': diskNode, discard: 'unmap', file })
}

/** The volume's file in the arguments of a process; undefined if it is no storage daemon. */
export function volumeOf(args: readonly string[]): string | undefined {
  if (!args[0]?.endsWith('qemu-storage-daemon')) return undefined
  try {
    const node = JSON.parse(args[args.indexOf('--blockdev') + 1] ?? '') as { file?: { filename?: string } }
    return node.file?.filename
  } catch {
    return undefined
  }
}
