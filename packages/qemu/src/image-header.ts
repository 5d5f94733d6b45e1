import { vmdkDescription } from './vmdk-descriptor.ts'

/** What the first bytes of a disk image say. */
export interface ImageHeader {
  /** In Glance's words; {@link qemuDriver} gives QEMU's. */
  format: 'raw' | 'qcow' | 'qcow2' | 'vmdk' | 'vdi' | 'vhd' | 'vhdx' | 'qed' | 'luks' | 'iso'
  /** Bytes that a guest sees; absent where it is not in the first bytes as QEMU counts it. */
  virtualSize?: number
  /** The image is only the difference to this file; `?` when the name is not within the bytes given. */
  backingFile?: string
  /** The image's data is in other files. */
  dataFile?: boolean
  encrypted?: boolean
}

/** Bytes that {@link probeHeader} looks at; fewer are enough for a smaller file. */
export const probedBytes = 65_536

const unknownName = '?'
const longestName = 1023
const sectorBytes = 512

type Reader = (bytes: Buffer) => Omit<ImageHeader, 'format'>

/** Where each format has its mark; the first match counts. */
const formats: readonly {
  format: ImageHeader['format']
  offset: number
  magic: string
  read?: Reader
}[] = [
  { format: 'qcow', offset: 0, magic: 'QFI\xfb\0\0\0\x01', read: qcow },
  { format: 'qcow2', offset: 0, magic: 'QFI\xfb', read: qcow2 },
  { format: 'vmdk', offset: 0, magic: 'KDMV', read: vmdkDescription },
  { format: 'vmdk', offset: 0, magic: 'COWD', read: vmdkDescription },
  { format: 'vmdk', offset: 0, magic: '# Disk DescriptorFile', read: vmdkDescription },
  { format: 'vdi', offset: 0x40, magic: '\x7f\x10\xda\xbe', read: vdi },
  { format: 'vhdx', offset: 0, magic: 'vhdxfile' },
  { format: 'vhd', offset: 0, magic: 'conectix', read: vhd },
  { format: 'qed', offset: 0, magic: 'QED\0', read: qed },
  { format: 'luks', offset: 0, magic: 'LUKS\xba\xbe', read: () => ({ encrypted: true }) },
  { format: 'iso', offset: 0x8001, magic: 'CD001' },
]

/**
 * Recognises an image by its first bytes, without opening anything it may name. An image that ends within its own header
 * is read as QEMU reads it, as if zeros followed.
 *
 * A VHD of fixed size has its mark at its end and is taken for `raw`, as QEMU does.
 *
 * @param first the beginning of the file, ideally {@link probedBytes} long
 * @see QEMU, docs/interop: qcow2, qed_spec; block/vdi.c, block/vpc.c, block/vmdk.c
 */
export function probeHeader(first: Uint8Array): ImageHeader {
  const given = Buffer.from(first.buffer, first.byteOffset, Math.min(first.byteLength, probedBytes))
  const bytes = given.length < sectorBytes ? Buffer.concat([given], sectorBytes) : given
  const found = formats.find(
    ({ offset, magic }) => bytes.toString('latin1', offset, offset + magic.length) === magic,
  )
  return found ? { format: found.format, ...found.read?.(bytes) } : { format: 'raw' }
}

/** The name under which QEMU knows a format. */
export function qemuDriver(format: string): string {
  if (format === 'vhd') return 'vpc'
  return format === 'iso' ? 'raw' : format
}

function qcow(bytes: Buffer): Omit<ImageHeader, 'format'> {
  return {
    virtualSize: Number(bytes.readBigUInt64BE(24)),
    ...backing(bytes, bytes.readBigUInt64BE(8), bytes.readUInt32BE(16)),
    ...(bytes.readUInt32BE(36) === 0 ? {} : { encrypted: true }),
  }
}

const externalDataFile = 1 << 2

function qcow2(bytes: Buffer): Omit<ImageHeader, 'format'> {
  // Version 2 has no feature bits. The low half of the 64 bits stands at 76.
  const incompatible = bytes.readUInt32BE(4) >= 3 ? bytes.readUInt32BE(76) : 0
  return {
    virtualSize: Number(bytes.readBigUInt64BE(24)),
    ...backing(bytes, bytes.readBigUInt64BE(8), bytes.readUInt32BE(16)),
    ...((incompatible & externalDataFile) === 0 ? {} : { dataFile: true }),
    ...(bytes.readUInt32BE(32) === 0 ? {} : { encrypted: true }),
  }
}

const qedHasBackingFile = 1

function qed(bytes: Buffer): Omit<ImageHeader, 'format'> {
  const named = (bytes.readUInt32LE(16) & qedHasBackingFile) !== 0
  return {
    virtualSize: Number(bytes.readBigUInt64LE(48)),
    ...(named ? { backingFile: nameAt(bytes, bytes.readUInt32LE(56), bytes.readUInt32LE(60)) } : {}),
  }
}

function vdi(bytes: Buffer): Omit<ImageHeader, 'format'> {
  const size = Number(bytes.readBigUInt64LE(0x170))
  return { virtualSize: Math.ceil(size / sectorBytes) * sectorBytes }
}

const vhdDifferencing = 4

// The size is left out: QEMU counts cylinders for some makers of the image and bytes for others.
function vhd(bytes: Buffer): Omit<ImageHeader, 'format'> {
  return bytes.readUInt32BE(60) === vhdDifferencing ? { backingFile: unknownName } : {}
}

function backing(bytes: Buffer, offset: bigint, length: number): { backingFile?: string } {
  return offset === 0n ? {} : { backingFile: nameAt(bytes, Number(offset), length) }
}

function nameAt(bytes: Buffer, offset: number, length: number): string {
  if (offset + length > bytes.length) return unknownName
  return bytes.toString('utf8', offset, offset + Math.min(length, longestName)) || unknownName
}
