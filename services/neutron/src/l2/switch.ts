import type { Logger } from '@longhaul/oslo/log'
import { Bridge, type Outlet } from './bridge.ts'
import { macNumber } from './frame.ts'
import type { Guest } from './tap.ts'
import { Tap } from './tap.ts'
import type { Traffic } from './traffic.ts'
import type { SocketLookup } from './udp-sockets.ts'

/** A port that is bound to this host, as the server describes it. */
export interface WantedPort {
  id: string
  network_id: string
  /** What its guest may send from. */
  mac_addresses: readonly string[]
  /** Where its guest sends to. */
  local_ip: string
  udp_port: number
  admin_state_up: boolean
}

export interface SwitchOptions {
  /** Links to other hosts, those that there are at any time. */
  links: ReadonlySet<Outlet>
  /** Remembers which guests there are, for the next process. */
  guests: { read(): Map<string, Guest>; write(guests: ReadonlyMap<string, Guest>): void }
  sockets: () => SocketLookup
  traffic: Traffic
  /** Monotonic, in milliseconds. */
  clock: () => number
  logger: Logger
}

interface WiredPort {
  tap: Tap
  bridge: Bridge
  network: string
}

/** The switch of a host: a bridge for each network that has ports here, and a tap for each port. */
export class Switch {
  readonly #options: SwitchOptions
  readonly #ports = new Map<string, WiredPort>()
  readonly #bridges = new Map<string, Bridge>()
  readonly #failing = new Set<string>()
  /** Guests that an earlier process knew of, until their ports are wired. */
  readonly #former: Map<string, Guest>
  #isWriting = false

  constructor(options: SwitchOptions) {
    this.#options = options
    this.#former = options.guests.read()
  }

  /** Ports that are wired. */
  get wired(): string[] {
    return [...this.#ports.keys()]
  }

  /**
   * Wires these ports and no others. One that cannot be wired is logged and left out; the next call tries again. Not to be
   * called while an earlier call runs.
   */
  async wire(wanted: readonly WantedPort[]): Promise<void> {
    const byId = new Map(wanted.map((port) => [port.id, port]))
    for (const [id, wired] of this.#ports) {
      const port = byId.get(id)
      // First of all, as a port of the host may be wanted for another one.
      if (!port || !isSamePlace(wired, port)) await this.#unwire(id, wired)
    }
    for (const port of wanted) {
      const wired = this.#ports.get(port.id) ?? (await this.#tryToOpen(port))
      if (!wired) continue
      wired.tap.macs = new Set(port.mac_addresses.map(macNumber))
      if (port.admin_state_up) wired.bridge.attach(wired.tap)
      else wired.bridge.detach(wired.tap)
    }
    for (const id of this.#failing) if (!byId.has(id)) this.#failing.delete(id)
    this.#former.clear()
  }

  /** Takes a frame that came by a link. @param network id of 16 bytes */
  receive(frame: Buffer, network: Buffer, link: Outlet): void {
    this.#bridges.get(network.toString('hex'))?.receive(frame, link)
  }

  /** For a link that is no more. */
  forget(link: Outlet): void {
    for (const bridge of this.#bridges.values()) bridge.forget(link)
  }

  /** Lets go of guests that have ended. */
  verifyGuests(): void {
    const lookup = this.#options.sockets()
    for (const { tap } of this.#ports.values()) tap.verifyGuest(lookup)
  }

  async close(): Promise<void> {
    if (this.#isWriting) this.#write()
    await Promise.all([...this.#ports.values()].map(({ tap }) => tap.close()))
    this.#ports.clear()
    this.#bridges.clear()
  }

  async #tryToOpen(port: WantedPort): Promise<WiredPort | undefined> {
    const { id, udp_port, local_ip } = port
    const { logger } = this.#options
    try {
      const wired = await this.#open(port)
      if (this.#failing.delete(id)) logger.info({ port: id }, 'the port is wired')
      return wired
    } catch (error) {
      if (this.#failing.has(id)) return undefined
      this.#failing.add(id)
      logger.error({ port: id, local_ip, udp_port, err: error }, 'the port cannot be wired')
      return undefined
    }
  }

  async #open({ id, network_id, mac_addresses, local_ip, udp_port }: WantedPort): Promise<WiredPort> {
    const { sockets, clock, links, traffic } = this.#options
    const network = networkKey(network_id)
    const bridge = this.#bridges.get(network) ?? new Bridge(Buffer.from(network, 'hex'), links)
    const tap = await Tap.open({
      address: local_ip,
      port: udp_port,
      macs: new Set(mac_addresses.map(macNumber)),
      guest: this.#former.get(id),
      onFrame: (frame, from) => bridge.receive(frame, from),
      onGuest: () => this.#writeSoon(),
      traffic,
      sockets,
      clock,
    })
    const wired = { tap, bridge, network }
    this.#bridges.set(network, bridge)
    this.#ports.set(id, wired)
    return wired
  }

  async #unwire(id: string, { tap, bridge, network }: WiredPort): Promise<void> {
    this.#ports.delete(id)
    bridge.detach(tap)
    if (![...this.#ports.values()].some((port) => port.bridge === bridge)) this.#bridges.delete(network)
    if (tap.guest) this.#writeSoon()
    await tap.close()
  }

  // One file for all guests that come in the same moment.
  #writeSoon(): void {
    if (this.#isWriting) return
    this.#isWriting = true
    setImmediate(() => {
      if (this.#isWriting) this.#write()
    })
  }

  #write(): void {
    this.#isWriting = false
    const found = [...this.#ports].flatMap(([id, { tap }]) => (tap.guest ? [[id, tap.guest] as const] : []))
    try {
      this.#options.guests.write(new Map([...this.#former, ...found]))
    } catch (error) {
      this.#options.logger.error({ err: error }, 'which guests there are cannot be written down')
    }
  }
}

function isSamePlace({ tap, network }: WiredPort, port: WantedPort): boolean {
  return (
    tap.address === port.local_ip && tap.port === port.udp_port && network === networkKey(port.network_id)
  )
}

/** The id of a network as 32 hexadecimal digits. */
function networkKey(id: string): string {
  return id.replaceAll('-', '').toLowerCase()
}
