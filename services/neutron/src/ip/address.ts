import { isIPv4, isIPv6 } from 'node:net'

export type IpVersion = 4 | 6

/** An address as a number. */
export interface Address {
  version: IpVersion
  value: bigint
}

/** Reads an address without a zone; undefined if it is none. */
export function parseAddress(text: string): Address | undefined {
  if (isIPv4(text)) {
    return { version: 4, value: text.split('.').reduce((sum, part) => sum * 256n + BigInt(part), 0n) }
  }
  if (!isIPv6(text) || text.includes('%')) return undefined
  // The URL parser writes any spelling, also one that ends like an IPv4 address, in hexadecimal groups.
  const [head = '', tail] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::')
  const left = groups(head)
  const right = groups(tail ?? '')
  const zeros = Array<bigint>(tail === undefined ? 0 : 8 - left.length - right.length).fill(0n)
  return { version: 6, value: [...left, ...zeros, ...right].reduce((sum, part) => sum * 65_536n + part, 0n) }
}

function groups(text: string): bigint[] {
  return text === '' ? [] : text.split(':').map((group) => BigInt(`0x${group}`))
}

/** The canonical form. @see RFC 5952 */
export function formatAddress({ version, value }: Address): string {
  if (version === 4) {
    return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 255n)).join('.')
  }
  const parts = Array.from({ length: 8 }, (_, index) => (value >> BigInt(112 - 16 * index)) & 65_535n)
  return new URL(`http://[${parts.map((part) => part.toString(16)).join(':')}]`).hostname.slice(1, -1)
}
