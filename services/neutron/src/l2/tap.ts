import { createSocket, type RemoteInfo, type Socket } from 'node:dgram'
import { once } from 'node:events'
import type { Outlet } from './bridge.ts'
import { headerOf } from './frame.ts'
import type { Traffic } from './traffic.ts'
import type { SocketLookup } from './udp-sockets.ts'

/** The socket of a guest's hypervisor. */
export interface Guest {
  address: string
  port: number
  /** Which socket it is, as a port that was given back may be somebody else's the next moment. */
  socket: number
}

export interface TapOptions {
  /** Where the guest sends to, on loopback. */
  address: string
  port: number
  /** What it may send from. */
  macs: ReadonlySet<number>
  /** As it was when an earlier process let go of the tap. */
  guest?: Guest | undefined
  onFrame: (frame: Buffer, tap: Tap) => void
  /** There is another guest, or none any more. */
  onGuest: () => void
  traffic: Traffic
  /** One look at the sockets of this host. */
  sockets: () => SocketLookup
  /** Monotonic, in milliseconds. */
  clock: () => number
}

/** Bytes for a guest that the kernel has not taken yet; beyond that frames are lost. */
const maxQueuedBytes = 1024 * 1024

/** How long nobody is looked at after somebody who was not the guest, in milliseconds. */
const lookPause = 200

/**
 * A port of the switch: frames are datagrams between the guest's hypervisor and a socket that is the port's alone. They are
 * taken from the guest's socket only, which is the first one that sends from an address of the port, for as long as it is
 * there.
 *
 * @see QEMU, qapi/net.json, NetdevDgramOptions
 */
export class Tap implements Outlet {
  readonly isLink = false
  readonly address: string
  readonly port: number
  /** What the guest may send from. */
  macs: ReadonlySet<number>
  readonly #options: TapOptions
  readonly #socket: Socket
  #guest: Guest | undefined
  #nextLook = 0

  private constructor(options: TapOptions, socket: Socket) {
    this.address = options.address
    this.port = options.port
    this.macs = options.macs
    this.#options = options
    this.#socket = socket
    this.#guest = options.guest
    socket.on('message', (frame, from) => this.#receive(frame, from))
    // What the kernel says of single datagrams.
    socket.on('error', () => options.traffic.dropped++)
    if (options.guest) this.verifyGuest(options.sockets())
  }

  /** @throws the system's error, such as `EADDRINUSE` */
  static async open(options: TapOptions): Promise<Tap> {
    const socket = createSocket({
      type: 'udp4',
      // Addresses are no names.
      lookup: (address, _family, found) => found(null, address, 4),
    })
    const listening = once(socket, 'listening')
    socket.bind({ address: options.address, port: options.port, exclusive: true })
    try {
      await listening
    } catch (error) {
      socket.close()
      throw error
    }
    return new Tap(options, socket)
  }

  get guest(): Guest | undefined {
    return this.#guest
  }

  send(frame: Buffer): void {
    const guest = this.#guest
    if (!guest) return
    if (this.#socket.getSendQueueSize() > maxQueuedBytes) {
      this.#options.traffic.dropped++
      return
    }
    this.#socket.send(frame, guest.port, guest.address, (error) => {
      if (error) this.#options.traffic.dropped++
    })
  }

  /** Forgets a guest that has ended: its port may become that of another process. */
  verifyGuest(lookup: SocketLookup): void {
    const guest = this.#guest
    if (!guest || lookup(guest.address, guest.port) === guest.socket) return
    this.#guest = undefined
    this.#options.onGuest()
  }

  async close(): Promise<void> {
    const closed = once(this.#socket, 'close')
    this.#socket.close()
    await closed
  }

  #receive(frame: Buffer, from: RemoteInfo): void {
    const header = headerOf(frame)
    const { traffic, onFrame } = this.#options
    if (header && this.macs.has(header.source) && this.#isGuest(from)) onFrame(frame, this)
    else traffic.refused++
  }

  #isGuest({ address, port }: RemoteInfo): boolean {
    const guest = this.#guest
    if (guest?.port === port && guest.address === address) return true
    const now = this.#options.clock()
    if (now < this.#nextLook) return false
    const lookup = this.#options.sockets()
    const isAlive = guest && lookup(guest.address, guest.port) === guest.socket
    const socket = isAlive ? undefined : lookup(address, port)
    if (socket === undefined) {
      this.#nextLook = now + lookPause
      return false
    }
    this.#guest = { address, port, socket }
    this.#options.onGuest()
    return true
  }
}
