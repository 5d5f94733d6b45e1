const sectorBytes = 512
const sparseMagic = 'KDMV'

/** Kinds of VMDK that hold their data themselves; the others are lists of other files. */
const ownData: ReadonlySet<string> = new Set(['monolithicsparse', 'streamoptimized'])

/**
 * What the descriptor of a VMDK says, text of its own or near the beginning of a sparse extent.
 *
 * Refuses by default: an image whose descriptor is not found, or names two kinds, counts as one with its data elsewhere.
 *
 * @param bytes the beginning of the image, 20 bytes at least
 * @see the Virtual Disk Format specification 5.0, The Descriptor File
 */
export function vmdkDescription(bytes: Buffer): {
  virtualSize?: number
  backingFile?: string
  dataFile?: boolean
} {
  const text = bytes.toString('latin1')
  const kinds = Array.from(
    text.matchAll(/createType\s*=\s*"?(\w+)/gi),
    ([, kind]) => kind?.toLowerCase() ?? '',
  )
  const holdsItsData = kinds.length > 0 && kinds.every((kind) => ownData.has(kind))
  const parent = /parentFileNameHint\s*=\s*"?([^"\r\n]*)/i.exec(text)?.[1]
  const sparse = text.startsWith(sparseMagic)
  const size = sparse ? Number(bytes.readBigUInt64LE(12)) * sectorBytes : extentBytes(text)
  return {
    ...(size > 0 ? { virtualSize: size } : {}),
    ...(parent === undefined ? {} : { backingFile: parent || '?' }),
    ...(holdsItsData ? {} : { dataFile: true }),
  }
}

// `RW 8192 FLAT "disk-flat.vmdk" 0`: access, sectors, kind, file.
function extentBytes(text: string): number {
  const extents = text.matchAll(/^(?:RW|RDONLY|NOACCESS)\s+(\d+)\s/gm)
  const sectors = Array.from(extents, ([, count]) => Number(count))
  return sectors.reduce((sum, count) => sum + count, 0) * sectorBytes
}
