import { readFileSync, rmSync, writeFileSync } from 'node:fs'
import { truncate } from 'node:fs/promises'
import { convertImage } from '@longhaul/qemu'

/** The small guest: 512 bytes that count on the serial console and in the disk's sectors. */
export interface TickImageOptions {
  /** Bytes of the virtual disk; default 20 MiB. */
  virtualSize?: number
  /** Timer ticks (18.2 a second) between two counts; default 4. */
  period?: number
  /** Sectors the counter cycles through, from the second sector on; default 1024. */
  sectors?: number
}

/** Name under which the small guest is offered in the image service. */
export const tickImageName = 'tick'
/** Sectors the default image cycles through. */
const tickSectors = 1024

const configurationOffset = 0x1e0
const sectorSize = 512

/**
 * Writes the guest's disk as qcow2.
 *
 * @see tickboot.S beside the boot sector: the source, and the meaning of the four numbers at 0x1e0
 */
export async function writeTickImage(path: string, options: TickImageOptions = {}): Promise<void> {
  const boot = Buffer.from(
    readFileSync(new URL('guest-image/tickboot.base64', import.meta.url), 'latin1'),
    'base64',
  )
  boot.writeUInt32LE(options.period ?? 4, configurationOffset)
  boot.writeUInt32LE(0, configurationOffset + 4)
  boot.writeUInt32LE(options.sectors ?? tickSectors, configurationOffset + 8)
  const raw = `${path}.raw`
  writeFileSync(raw, boot)
  await truncate(raw, options.virtualSize ?? 20 * 2 ** 20)
  try {
    await convertImage(raw, path, { format: 'qcow2' })
  } finally {
    rmSync(raw, { force: true })
  }
}

/** The numbers the guest printed, in order. A line that is still being printed does not count. */
export function ticksOf(console: string): number[] {
  return [...console.matchAll(/tick (\d{8})\r?\n/g)].map((match) => Number(match[1]))
}

/** Counts missing between the first and the last tick, plus counts seen twice or out of order. */
export function gapsIn(ticks: readonly number[]): number {
  return ticks.slice(1).reduce((gaps, tick, index) => gaps + Math.abs(tick - ticks[index]! - 1), 0)
}

/** The highest counter in the sectors that the guest writes to, from a raw disk; -1 when it never wrote. */
export function counterOnDisk(disk: Uint8Array, sectors: number = tickSectors): number {
  let highest = -1
  const text = Buffer.from(disk.buffer, disk.byteOffset, disk.byteLength)
  for (let sector = 1; sector <= sectors && (sector + 1) * sectorSize <= text.length; sector++) {
    const match = /^tick (\d{8})/.exec(text.toString('latin1', sector * sectorSize, sector * sectorSize + 13))
    if (match) highest = Math.max(highest, Number(match[1]))
  }
  return highest
}
