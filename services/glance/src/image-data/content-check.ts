import { unsupportedMediaType } from '@longhaul/oslo/api'
import { probedBytes, probeHeader } from '@longhaul/qemu'

/** Bytes at the beginning that are looked at. */
export const headLength = probedBytes

/** What is said of the data before it comes. */
export interface DeclaredFormat {
  containerFormat: string
  diskFormat: string
}

/** Judges the first bytes of data. */
export interface Inspector {
  /**
   * @param head the first `headLength` bytes, or all if there are fewer
   * @returns bytes of the disk as a guest sees it, where the header says so
   * @throws ApiError 415 `image_backing_file`, `image_data_file`, `image_format_mismatch`
   */
  (head: Uint8Array): { virtualSize?: number }
  /** Bytes of the disk as a guest sees it for formats that are the disk itself. */
  virtualSizeOf(size: number): number | undefined
}

/** What a probe may see for each declared format; where nothing is said, the format itself. */
const seenAs: Readonly<Record<string, readonly string[]>> = {
  // LUKS is no format that can be declared: Cinder uploads encrypted volumes as raw.
  raw: ['raw', 'luks'],
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

/**
 * Makes what judges the first bytes of an image, before the rest is taken. A host that opened an image with a backing or
 * data file would read whatever file the uploader has named; that is always refused. A disk that is declared as one format
 * and is another would be opened as something else the next time it is probed: that is `require_image_format_match`,
 * which an operator may switch off.
 *
 * @see https://security.openstack.org/ossa/OSSA-2024-001.html
 */
export function inspectorFor(
  declared: DeclaredFormat,
  { requireMatch }: { requireMatch: boolean },
): Inspector {
  const inspect = (head: Uint8Array) => {
    const found = probeHeader(head)
    if (found.backingFile !== undefined) {
      const message = 'The image names a backing file: upload an image that stands for itself.'
      throw unsupportedMediaType(message, { code: 'image_backing_file' })
    }
    if (found.dataFile === true) {
      const message = 'The image names an external data file: upload an image that stands for itself.'
      throw unsupportedMediaType(message, { code: 'image_data_file' })
    }
    if (declared.containerFormat !== 'bare') return {}
    const { diskFormat } = declared
    if (!(seenAs[diskFormat] ?? [diskFormat]).includes(found.format)) {
      if (!requireMatch) return {}
      const message = `The data is of format ${found.format}, declared was ${diskFormat}.`
      throw unsupportedMediaType(message, { code: 'image_format_mismatch' })
    }
    return found.virtualSize === undefined ? {} : { virtualSize: found.virtualSize }
  }
  return Object.assign(inspect, {
    virtualSizeOf: (size: number) =>
      declared.containerFormat === 'bare' && declared.diskFormat === 'raw' && size > 0 ? size : undefined,
  })
}
