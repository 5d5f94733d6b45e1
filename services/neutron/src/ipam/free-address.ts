import { parseAddress, type Address } from '../ip/address.ts'

/** Addresses among which one is drawn: those that ask at the same time seldom want the same. */
const window = 16

/**
 * An address of the pools that nobody has.
 *
 * @param random a whole number from 0 to below its argument
 * @returns undefined if there is none
 */
export function freeAddress(
  pools: readonly { start: string; end: string }[],
  taken: ReadonlySet<bigint>,
  random: (below: number) => number,
): Address | undefined {
  const found: Address[] = []
  for (const { start, end } of pools) {
    const [first, last] = [parseAddress(start)!, parseAddress(end)!]
    for (let value = first.value; value <= last.value && found.length < window; value++) {
      if (!taken.has(value)) found.push({ version: first.version, value })
    }
  }
  return found.length === 0 ? undefined : found[random(found.length)]
}

/** The address that a guest gives itself in a block of 64 bits. @see RFC 4291, appendix A */
export function eui64(first: bigint, mac: string): Address {
  const octets = mac.split(':').map((octet) => BigInt(`0x${octet}`))
  const [head, ...rest] = [...octets.slice(0, 3), 0xffn, 0xfen, ...octets.slice(3)]
  const id = [head! ^ 2n, ...rest].reduce((sum, octet) => sum * 256n + octet, 0n)
  return { version: 6, value: first + id }
}
