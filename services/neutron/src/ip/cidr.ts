import { formatAddress, parseAddress, type Address, type IpVersion } from './address.ts'

/** A block of addresses. */
export interface Cidr {
  version: IpVersion
  /** Length of the prefix in bits. */
  prefix: number
  /** Its first and last address, which in IPv4 stand for the network and for everybody in it. */
  first: bigint
  last: bigint
}

/** A range, both ends included. */
export interface Range {
  first: bigint
  last: bigint
}

/** Reads `10.0.0.0/24`; bits behind the prefix are dropped. Undefined if it is no such thing. */
export function parseCidr(text: string): Cidr | undefined {
  const [, host = '', digits = ''] = /^([^/]+)\/(\d{1,3})$/.exec(text) ?? []
  const address = parseAddress(host)
  const bits = address?.version === 4 ? 32 : 128
  const prefix = Number(digits)
  if (!address || prefix > bits) return undefined
  const size = 1n << BigInt(bits - prefix)
  const first = address.value - (address.value % size)
  return { version: address.version, prefix, first, last: first + size - 1n }
}

export function formatCidr({ version, prefix, first }: Cidr): string {
  return `${formatAddress({ version, value: first })}/${prefix}`
}

export function contains({ version, first, last }: Cidr, address: Address): boolean {
  return address.version === version && address.value >= first && address.value <= last
}

export function overlap(a: Range, b: Range): boolean {
  return a.first <= b.last && b.first <= a.last
}

/** The addresses that a port may have: in IPv4 neither the first nor the last, in IPv6 not the first. */
export function hostRange({ version, prefix, first, last }: Cidr): Range {
  if (version === 4) return prefix >= 31 ? { first, last } : { first: first + 1n, last: last - 1n }
  return prefix >= 127 ? { first, last } : { first: first + 1n, last }
}
