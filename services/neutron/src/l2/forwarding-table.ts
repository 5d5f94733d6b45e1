/** Addresses that are remembered at most; then the one that was silent for longest is forgotten. */
const maxAddresses = 4096

/** Behind which outlet an address was seen last. */
export class ForwardingTable<Outlet> {
  readonly #outlets = new Map<number, Outlet>()

  learn(mac: number, outlet: Outlet): void {
    // Their order is that of the last frames.
    this.#outlets.delete(mac)
    this.#outlets.set(mac, outlet)
    if (this.#outlets.size <= maxAddresses) return
    for (const oldest of this.#outlets.keys()) {
      this.#outlets.delete(oldest)
      return
    }
  }

  find(mac: number): Outlet | undefined {
    return this.#outlets.get(mac)
  }

  /** Forgets what was seen behind an outlet that is no more. */
  forget(outlet: Outlet): void {
    for (const [mac, other] of this.#outlets) if (other === outlet) this.#outlets.delete(mac)
  }
}
