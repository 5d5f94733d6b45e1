import { ForwardingTable } from './forwarding-table.ts'
import { headerOf, isGroup } from './frame.ts'

/** Where frames leave: the tap of a port, or the link to another host. */
export interface Outlet {
  readonly isLink: boolean
  /** Never waits, and loses the frame rather than keep many. @param network id of 16 bytes */
  send(frame: Buffer, network: Buffer): void
}

/**
 * The part of a network that is on this host: it learns behind which outlet an address is from each frame that comes from
 * there, so that a guest which announces itself on another host is found there from then on.
 *
 * All hosts are linked to each other, so that what comes from a link goes to none.
 *
 * @see IEEE 802.1D, 7.7 and 7.8
 */
export class Bridge {
  readonly #network: Buffer
  readonly #links: ReadonlySet<Outlet>
  readonly #taps = new Set<Outlet>()
  readonly #table = new ForwardingTable<Outlet>()

  /** @param network id of 16 bytes @param links those that there are at any time */
  constructor(network: Buffer, links: ReadonlySet<Outlet>) {
    this.#network = network
    this.#links = links
  }

  attach(tap: Outlet): void {
    this.#taps.add(tap)
  }

  detach(tap: Outlet): void {
    this.#taps.delete(tap)
    this.forget(tap)
  }

  /** For a link that is no more: what was behind it may be anywhere. */
  forget(outlet: Outlet): void {
    this.#table.forget(outlet)
  }

  receive(frame: Buffer, from: Outlet): void {
    if (!from.isLink && !this.#taps.has(from)) return
    const header = headerOf(frame)
    if (!header) return
    this.#table.learn(header.source, from)
    const to = isGroup(header.destination) ? undefined : this.#table.find(header.destination)
    if (!to) this.#flood(frame, from)
    else if (to !== from && !(to.isLink && from.isLink)) to.send(frame, this.#network)
  }

  #flood(frame: Buffer, from: Outlet): void {
    for (const tap of this.#taps) if (tap !== from) tap.send(frame, this.#network)
    if (from.isLink) return
    for (const link of this.#links) link.send(frame, this.#network)
  }
}
