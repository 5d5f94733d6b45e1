import type { Socket } from 'node:net'
import type { Outlet } from './bridge.ts'
import {
  frameMessage,
  heartbeat,
  helloMessage,
  linkProtocol,
  LinkProtocolError,
  MessageReader,
  parseFrame,
  parseHello,
} from './link-messages.ts'
import type { Traffic } from './traffic.ts'

export interface LinkOptions {
  /** This host. */
  self: string
  /** Milliseconds between two signs of life; after three without one the link is over. Default 5000. */
  heartbeatInterval?: number
  traffic: Traffic
  onFrame: (frame: Buffer, network: Buffer, link: Link) => void
  onClose: (link: Link, reason: Error | undefined) => void
}

/** Bytes for the other side that the kernel has not taken yet; beyond that frames are lost. */
const maxQueuedBytes = 1024 * 1024

/** A connection to the agent of another host. */
export class Link implements Outlet {
  readonly isLink = true
  /** The other side. */
  readonly host: string
  readonly #socket: Socket
  readonly #options: LinkOptions
  readonly #reader: MessageReader
  readonly #beat: NodeJS.Timeout
  #unheard = 0
  #reason: Error | undefined

  private constructor(socket: Socket, host: string, reader: MessageReader, options: LinkOptions) {
    this.host = host
    this.#socket = socket
    this.#reader = reader
    this.#options = options
    this.#beat = setInterval(() => this.#giveSign(), options.heartbeatInterval ?? 5000)
    socket.on('data', (chunk: Buffer) => {
      this.#unheard = 0
      reader.add(chunk)
      this.#read()
    })
    socket.on('error', (error) => (this.#reason ??= error))
    socket.on('close', () => {
      clearInterval(this.#beat)
      options.onClose(this, this.#reason)
    })
  }

  /**
   * Says who we are on a connection, and waits until the other side has said it.
   *
   * @param admits decides about a host by its name
   * @param signal ends the waiting @throws LinkProtocolError `link_protocol_error`; the error of the connection
   */
  static async open(
    socket: Socket,
    admits: (host: string) => boolean,
    options: LinkOptions & { signal: AbortSignal },
  ): Promise<Link> {
    const { promise, resolve, reject } = Promise.withResolvers<Link>()
    const reader = new MessageReader()
    const greet = (chunk: Buffer) => {
      try {
        reader.add(chunk)
        const message = reader.next()
        if (!message) return
        const { protocol, host } = parseHello(message)
        if (protocol !== linkProtocol) throw new LinkProtocolError(`${host} speaks protocol ${protocol}`)
        if (!admits(host)) throw new LinkProtocolError(`${host} is not expected here`)
        reader.expectFrames()
        socket.off('data', greet).off('error', reject).off('close', gone)
        const link = new Link(socket, host, reader, options)
        resolve(link)
        // Frames that came with the hello are for whoever waits for the link.
        setImmediate(() => link.#read())
      } catch (error) {
        reject(error)
      }
    }
    const gone = () => reject(new LinkProtocolError('the other side closed the connection'))
    const late = () => reject(new LinkProtocolError('the other side does not say who it is'))
    options.signal.addEventListener('abort', late)
    if (options.signal.aborted) late()
    socket.setNoDelay(true).on('data', greet).on('error', reject).on('close', gone)
    socket.write(helloMessage({ protocol: linkProtocol, host: options.self }))
    try {
      return await promise
    } catch (error) {
      // What else happens to it is of no interest.
      socket.on('error', () => {}).destroy()
      throw error
    } finally {
      options.signal.removeEventListener('abort', late)
    }
  }

  get isOpen(): boolean {
    return !this.#socket.destroyed
  }

  send(frame: Buffer, network: Buffer): void {
    if (this.#socket.writableLength > maxQueuedBytes || !this.#socket.writable) {
      this.#options.traffic.dropped++
      return
    }
    this.#socket.write(frameMessage(frame, network))
  }

  close(reason?: Error): void {
    this.#reason ??= reason
    this.#socket.destroy()
  }

  #giveSign(): void {
    if (++this.#unheard > 3) this.close(new Error('nothing was heard of the other side'))
    else if (this.#socket.writableLength === 0) this.#socket.write(heartbeat)
  }

  #read(): void {
    try {
      for (let message = this.#reader.next(); message; message = this.#reader.next()) {
        if (message.length === 0) continue
        const { frame, network } = parseFrame(message)
        this.#options.onFrame(frame, network, this)
      }
    } catch (error) {
      this.close(error as Error)
    }
  }
}
