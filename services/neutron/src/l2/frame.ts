/** Bytes of an Ethernet header: destination, source and type. */
const headerBytes = 14

/** Bytes of a frame at most: as many as a datagram carries. */
export const maxFrameBytes = 65_507

/** Addresses as numbers of 48 bits. */
export interface FrameHeader {
  destination: number
  source: number
}

/** @returns undefined for what is no frame: too short, too long, or from the address of a group */
export function headerOf(frame: Buffer): FrameHeader | undefined {
  if (frame.length < headerBytes || frame.length > maxFrameBytes) return undefined
  const source = frame.readUIntBE(6, 6)
  return isGroup(source) ? undefined : { destination: frame.readUIntBE(0, 6), source }
}

/** Whether a destination is several: a multicast address, or that of all. @see IEEE 802.3, 3.2.3 */
export function isGroup(mac: number): boolean {
  return Math.floor(mac / 2 ** 40) % 2 === 1
}

/** @param text such as `fa:16:3e:00:00:01` */
export function macNumber(text: string): number {
  return Number.parseInt(text.replaceAll(/[:-]/g, ''), 16)
}
