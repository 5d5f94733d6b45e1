import { connect, type Socket } from 'node:net'
import { connect as connectTls, type ConnectionOptions } from 'node:tls'
import type { Command, Protocol, StoredValue } from './protocol.ts'
import type { ServerAddress } from './server-address.ts'

/** How servers are reached. */
export interface ConnectionSettings {
  protocol: Protocol
  /** Milliseconds for connecting, and for each answer. */
  timeoutMs: number
  /** undefined: without TLS. */
  tls?: ConnectionOptions | undefined
  /** A login by SASL PLAIN, for the binary protocol. */
  credentials?: { username: string; password: string } | undefined
}

interface Pending {
  command: Command
  resolve: (value: StoredValue | undefined) => void
  reject: (error: Error) => void
}

/** The server took longer than it may. */
export class Unanswered extends Error {
  override name = 'Unanswered'
}

/** A connection to one server, on which one command is under way at a time. It is of no more use after a failure. */
export class Connection {
  readonly #socket: Socket
  readonly #settings: ConnectionSettings
  #pending: Pending | undefined
  #came: Buffer = Buffer.alloc(0)
  #ended: Error | undefined

  private constructor(socket: Socket, settings: ConnectionSettings) {
    this.#socket = socket
    this.#settings = settings
    socket.setNoDelay(true)
    socket.on('data', (piece: Buffer) => this.#receive(piece))
    socket.on('error', (error) => this.#end(error))
    socket.on('close', () => this.#end(new Error('the connection was closed')))
  }

  /** @throws Error when there is no connection in time, or the login is refused */
  static async open(address: ServerAddress, settings: ConnectionSettings): Promise<Connection> {
    const socket = settings.tls ? connectTls({ ...address, ...settings.tls }) : connect(address)
    const connection = new Connection(socket, settings)
    await connection.#connected(settings.tls ? 'secureConnect' : 'connect')
    if (settings.credentials) await connection.#logIn(settings.credentials)
    return connection
  }

  get usable(): boolean {
    return this.#ended === undefined
  }

  /** Calls back when an unused connection ends, by the other side or after so many milliseconds. */
  idle(unusedMs: number, gone: () => void): void {
    this.#socket.unref()
    this.#socket.setTimeout(unusedMs, () => this.close())
    this.#socket.once('close', gone)
  }

  /** Ends {@link idle}. */
  busy(gone: () => void): void {
    this.#socket.ref()
    this.#socket.setTimeout(0)
    this.#socket.removeAllListeners('timeout')
    this.#socket.off('close', gone)
  }

  /** @throws MemcachedRefusal when the server would not, another Error when the connection failed */
  run(command: Command): Promise<StoredValue | undefined> {
    return new Promise((resolve, reject) => {
      if (this.#ended) return reject(this.#ended)
      const limit = this.#limit(`no answer to ${command.name}`)
      const settle = () => {
        clearTimeout(limit)
        this.#pending = undefined
      }
      this.#pending = {
        command,
        resolve: (value) => (settle(), resolve(value)),
        reject: (error) => (settle(), reject(error)),
      }
      this.#socket.write(this.#settings.protocol.encode(command))
    })
  }

  close(): void {
    this.#end(new Error('the connection was closed'))
  }

  // A refusal here is one of the server as a whole, not of a command.
  async #logIn(credentials: { username: string; password: string }): Promise<void> {
    try {
      await this.run({ name: 'authenticate', ...credentials })
    } catch (error) {
      this.close()
      throw new Error('the login was refused', { cause: error })
    }
  }

  #connected(event: 'connect' | 'secureConnect'): Promise<void> {
    return new Promise((resolve, reject) => {
      const limit = this.#limit('no connection')
      const settle = () => clearTimeout(limit)
      this.#socket.once(event, () => (settle(), resolve()))
      this.#socket.once('error', (error) => (settle(), reject(error)))
      this.#socket.once('close', () => (settle(), reject(this.#ended ?? new Error('no connection'))))
    })
  }

  #limit(message: string): NodeJS.Timeout {
    const { timeoutMs } = this.#settings
    return setTimeout(() => this.#end(new Unanswered(`${message} within ${timeoutMs} ms`)), timeoutMs)
  }

  #receive(piece: Buffer): void {
    this.#came = this.#came.length === 0 ? piece : Buffer.concat([this.#came, piece])
    const pending = this.#pending
    if (!pending) return this.#end(new Error('bytes that nobody asked for'))
    try {
      const answer = this.#settings.protocol.decode(pending.command, this.#came)
      if (!answer) return
      this.#came = this.#came.subarray(answer.used)
      if (answer.refused) pending.reject(answer.refused)
      else pending.resolve(answer.value)
      if (this.#came.length > 0) this.#end(new Error('bytes that nobody asked for'))
    } catch (error) {
      this.#end(error as Error)
    }
  }

  #end(error: Error): void {
    if (this.#ended) return
    this.#ended = error
    this.#socket.destroy()
    this.#pending?.reject(error)
  }
}
