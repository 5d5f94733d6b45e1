import { readFileSync } from 'node:fs'
import { endianness } from 'node:os'

/** Which socket of this host has an address and a port of its own: a number that no other has; undefined if none. */
export type SocketLookup = (address: string, port: number) => number | undefined

/**
 * One look at the UDP sockets of this host, whoever they belong to. Only they send from a loopback address.
 *
 * @throws the system's error where the kernel is not Linux
 * @see https://docs.kernel.org/networking/proc_net_tcp.html
 */
export function udpSockets(): SocketLookup {
  const text = readFileSync('/proc/net/udp', 'latin1')
  return (address, port) => {
    // Number, address, peer, state, two queues, timer, retransmissions, user, timeout, inode.
    const line = new RegExp(`^ *\\d+: ${place(address, port)} (?:\\S+ +){7}(\\d+)`, 'm').exec(text)
    return line ? Number(line[1]) : undefined
  }
}

/** An address as a word of the machine, and a port. */
function place(address: string, port: number): string {
  const bytes = address.split('.').map(Number)
  const word = Buffer.from(endianness() === 'LE' ? bytes.toReversed() : bytes).toString('hex')
  return `${word}:${port.toString(16).padStart(4, '0')}`.toUpperCase()
}
