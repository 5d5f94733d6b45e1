import { createWriteStream } from 'node:fs'
import { rm, stat } from 'node:fs/promises'
import type { Readable } from 'node:stream'
import { pipeline } from 'node:stream/promises'
import { convertImage, inspectImage } from '@longhaul/qemu'
import { gibibyte } from '../storage/volume-files.ts'

/** The data of an image cannot be that of the volume. */
class ImageUnacceptable extends Error {
  override name = 'ImageUnacceptable'
  readonly code = 'image_unacceptable'
}

/**
 * Makes a raw file of the data of an image.
 *
 * @param format the format that the image is said to have
 * @param places.received where the data is kept in between
 * @param size GiB that it may need
 * @throws ImageUnacceptable `image_unacceptable` for data that names other files, is of another format, or is too large
 */
export async function writeImageData(
  data: Readable,
  format: string,
  places: { received: string; target: string },
  size: number,
): Promise<void> {
  await pipeline(data, createWriteStream(places.received, { mode: 0o600 }))
  const found = await inspectImage(places.received)
  if (found.backingFile !== undefined || found.dataFile !== undefined) {
    throw new ImageUnacceptable('the data of the image names another file')
  }
  // Raw is what is taken as it is; ISO and the Amazon formats are raw data, too.
  const isRaw = !['qcow2', 'vmdk', 'vdi', 'vhd', 'vhdx', 'qed'].includes(format)
  if (!isRaw && found.format !== format) {
    throw new ImageUnacceptable(`the data of the image is ${found.format} and not ${format}`)
  }
  const needed = isRaw ? (await stat(places.received)).size : found.virtualSize
  if (needed > size * gibibyte) throw new ImageUnacceptable(`the image needs ${needed} bytes`)
  await convertImage(places.received, places.target, { source: isRaw ? 'raw' : format, format: 'raw' })
  await rm(places.received)
}
