import { unsupportedMediaType } from '@longhaul/oslo/api'
import { probedBytes, probeHeader } from '@longhaul/qemu'

/** Bytes at the beginning that are looked at. */
export const headLength = probedBytes

/** What is said of the data before it comes. */
export interface DeclaredFormat {
  containerFormat: string
  diskFormat: string
}

/** What a probe may see for each declared format; where nothing is said, the format itself. */
const seenAs: Readonly<Record<string, readonly string[]>> = {
  raw: ['raw'],
  gpt: ['raw'],
  ami: ['raw'],
  ari: ['raw'],
  aki: ['raw'],
  ploop: ['raw'],
  // A disk of fixed size has its mark at the end.
  vhd: ['vhd', 'raw'],
  // A small one ends before its mark.
  iso: ['iso', 'raw'],
}

/** Kinds of VMDK that hold their data themselves; the others are lists of other files. */
const ownData = new Set(['monolithicSparse', 'streamOptimized'])

/**
 * Judges the first bytes of an image, before the rest is taken. A host that opened an image with a backing or data file
 * would read whatever file the uploader has named; and a disk that is declared `raw` and is not would be opened as
 * something else the next time it is probed.
 *
 * @param head the first `headLength` bytes, or all if there are fewer
 * @returns bytes of the disk as a guest sees it, where the header says so
 * @throws ApiError 415 `image_backing_file`, `image_data_file`, `image_format_mismatch`
 * @see https://security.openstack.org/ossa/OSSA-2024-001.html
 */
export function checkContent(head: Uint8Array, declared: DeclaredFormat): { virtualSize?: number } {
  const found = probeHeader(head)
  if (found.backingFile !== undefined) {
    const message = 'The image names a backing file: upload an image that stands for itself.'
    throw unsupportedMediaType(message, { code: 'image_backing_file' })
  }
  if (found.dataFile === true || (found.format === 'vmdk' && !holdsItsData(head))) {
    const message = 'The image names an external data file: upload an image that stands for itself.'
    throw unsupportedMediaType(message, { code: 'image_data_file' })
  }
  if (declared.containerFormat !== 'bare') return {}
  const { diskFormat } = declared
  if (!(seenAs[diskFormat] ?? [diskFormat]).includes(found.format)) {
    const message = `The data is of format ${found.format}, declared was ${diskFormat}.`
    throw unsupportedMediaType(message, { code: 'image_format_mismatch' })
  }
  return found.virtualSize === undefined ? {} : { virtualSize: found.virtualSize }
}

/** @see the Virtual Disk Format specification: the descriptor is text near the beginning */
function holdsItsData(head: Uint8Array): boolean {
  const kinds = Buffer.from(head)
    .toString('latin1')
    .matchAll(/createType\s*=\s*"?(\w+)/gi)
  const found = [...kinds].map(([, kind]) => kind ?? '')
  return found.length > 0 && found.every((kind) => ownData.has(kind))
}
