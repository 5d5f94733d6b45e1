import { open } from 'node:fs/promises'
import { resolve } from 'node:path'
import { probedBytes, probeHeader, qemuDriver, type ImageHeader } from './image-header.ts'
import { qemuImg, QemuImgError } from './programs.ts'

/** An image file. */
export interface ImageInfo extends ImageHeader {
  /** Bytes that a guest sees. */
  virtualSize: number
  /** Bytes on disk. */
  actualSize: number
}

/** What {@link checkImage} found in an image that is not damaged. */
export interface ImageCheck {
  /** False for a format whose images cannot be checked, such as raw. */
  checked: boolean
  /** Clusters that are taken and used by nothing: lost room, not lost data. */
  leakedClusters: number
}

/**
 * Reads an image's header. Never opens a file that the image names, so it is safe with any upload: `qemu-img` is asked
 * for the size only when the header does not tell it, with the format given, and not if the image names other files.
 *
 * @throws QemuImgError for an image whose header cannot be read to its end; the errors of `open`
 */
export async function inspectImage(path: string): Promise<ImageInfo> {
  const file = await open(path, 'r')
  try {
    const { buffer, bytesRead } = await file.read(Buffer.alloc(probedBytes), 0, probedBytes, 0)
    const { size, blocks } = await file.stat()
    const header = probeHeader(buffer.subarray(0, bytesRead))
    return { ...header, virtualSize: await virtualSizeOf(path, header, size), actualSize: blocks * 512 }
  } finally {
    await file.close()
  }
}

async function virtualSizeOf(path: string, header: ImageHeader, fileSize: number): Promise<number> {
  if (header.virtualSize !== undefined) return header.virtualSize
  const driver = qemuDriver(header.format)
  if (driver === 'raw') return fileSize
  if (header.backingFile !== undefined || header.dataFile) {
    throw new QemuImgError(`${path}: a ${header.format} that names another file and does not tell its size`)
  }
  const printed = await qemuImg(['info', '--output=json', '-f', driver, resolve(path)])
  return (JSON.parse(printed) as { 'virtual-size': number })['virtual-size']
}

/**
 * Makes an empty image, or one on top of another. A file that is there already is replaced.
 *
 * @param options.size bytes; may be left out with a backing file
 * @param options.backing stored in the image as written: a relative path counts from the image's directory
 * @throws QemuImgError, QemuMissingError
 */
export async function createImage(
  path: string,
  options: { format: string; size?: number; backing?: { path: string; format: string } },
): Promise<void> {
  const backing = options.backing
    ? ['-b', ownFile(options.backing.path), '-F', qemuDriver(options.backing.format)]
    : []
  const size = options.size === undefined ? [] : [byteCount(options.size)]
  await qemuImg(['create', '-q', '-f', qemuDriver(options.format), ...backing, resolve(path), ...size])
}

/**
 * Copies an image into another format; the copy stands for itself. A backing file of the source **is opened**: look at
 * an image of unknown origin with {@link inspectImage} first.
 *
 * @param options.source format to read it as; default: what its header says
 * @param options.signal ends the copying; the unfinished target stays
 * @throws QemuImgError, QemuMissingError
 */
export async function convertImage(
  source: string,
  target: string,
  options: { format: string; source?: string; signal?: AbortSignal },
): Promise<void> {
  const from = qemuDriver(options.source ?? (await inspectImage(source)).format)
  const to = qemuDriver(options.format)
  await qemuImg(['convert', '-f', from, '-O', to, resolve(source), resolve(target)], {
    signal: options.signal,
  })
}

/**
 * Changes the size that a guest sees. The image must not be in use.
 *
 * @param options.size bytes
 * @param options.shrink must be true for a smaller size: what lies behind it is lost
 * @throws QemuImgError, QemuMissingError
 */
export async function resizeImage(path: string, options: { size: number; shrink?: boolean }): Promise<void> {
  const driver = qemuDriver((await inspectImage(path)).format)
  const shrink = options.shrink ? ['--shrink'] : []
  await qemuImg(['resize', '-q', ...shrink, '-f', driver, resolve(path), byteCount(options.size)])
}

// Exit statuses of `qemu-img check`.
const corrupt = 2
const leaks = 3
const cannotBeChecked = 63

/**
 * Looks for errors in an image's own tables. A backing file **is opened**, as with {@link convertImage}.
 *
 * @throws QemuImgError when the image is damaged or cannot be read; QemuMissingError
 */
export async function checkImage(path: string): Promise<ImageCheck> {
  const driver = qemuDriver((await inspectImage(path)).format)
  const printed = await qemuImg(['check', '--output=json', '-f', driver, resolve(path)], {
    accepted: [corrupt, leaks, cannotBeChecked],
  })
  if (printed.trim() === '') return { checked: false, leakedClusters: 0 }
  const report = JSON.parse(printed) as { corruptions?: number; 'check-errors': number; leaks?: number }
  const errors = (report.corruptions ?? 0) + report['check-errors']
  if (errors > 0) throw new QemuImgError(`qemu-img check: ${path} is damaged, ${errors} errors`)
  return { checked: true, leakedClusters: report.leaks ?? 0 }
}

// QEMU takes `word:rest` for a protocol, not for a file.
function ownFile(path: string): string {
  if (/^[^/]*:/.test(path)) throw new QemuImgError(`not the path of a file: ${path}`)
  return path
}

function byteCount(bytes: number): string {
  if (!Number.isSafeInteger(bytes) || bytes < 0) throw new QemuImgError(`not a number of bytes: ${bytes}`)
  return String(bytes)
}
