import { once } from 'node:events'
import { connect, type Socket } from 'node:net'

const magic = { option: 0x49484156454f5054n, request: 0x25609513 }
const go = 7
const [read, write] = [0, 1]
const exportInfo = 0
const errorReplies = 2 ** 31

/**
 * A client of one export, as simple as can be: one request at a time.
 *
 * @see https://github.com/NetworkBlockDevice/nbd/blob/master/doc/proto.md
 */
export class NbdClient {
  readonly #socket: Socket
  #buffer = Buffer.alloc(0)
  #news = Promise.withResolvers<void>()
  /** Bytes of the export. */
  size = 0

  private constructor(socket: Socket) {
    this.#socket = socket
    socket.on('data', (chunk: Buffer) => {
      this.#buffer = Buffer.concat([this.#buffer, chunk])
      this.#news.resolve()
    })
    socket.on('error', () => {})
    socket.on('close', () => this.#news.resolve())
  }

  /** @throws Error if the server has no such export, or is not there */
  static async connect(path: string, name: string): Promise<NbdClient> {
    const socket = connect(path)
    await once(socket, 'connect')
    const client = new NbdClient(socket)
    await client.#take(18)
    const head = Buffer.alloc(4 + 8 + 4 + 4 + 4)
    head.writeUInt32BE(3, 0)
    head.writeBigUInt64BE(magic.option, 4)
    head.writeUInt32BE(go, 12)
    head.writeUInt32BE(4 + name.length + 2, 16)
    head.writeUInt32BE(name.length, 20)
    socket.write(Buffer.concat([head, Buffer.from(name), Buffer.alloc(2)]))
    for (;;) {
      const reply = await client.#take(20)
      const type = reply.readUInt32BE(12)
      const data = await client.#take(reply.readUInt32BE(16))
      if (type >= errorReplies) {
        socket.destroy()
        throw new Error(`no export ${name}`)
      }
      if (type === 1) return client
      if (data.readUInt16BE(0) === exportInfo) client.size = Number(data.readBigUInt64BE(2))
    }
  }

  async read(offset: number, length: number): Promise<Buffer> {
    return await this.#ask(read, offset, length)
  }

  async write(offset: number, data: Buffer): Promise<void> {
    await this.#ask(write, offset, data.length, data)
  }

  /** Resolves when the server has cut the connection. */
  async cut(): Promise<void> {
    if (!this.#socket.closed) await once(this.#socket, 'close')
  }

  close(): void {
    this.#socket.destroy()
  }

  async #ask(type: number, offset: number, length: number, data: Buffer = Buffer.alloc(0)): Promise<Buffer> {
    const head = Buffer.alloc(28)
    head.writeUInt32BE(magic.request, 0)
    head.writeUInt16BE(type, 6)
    head.writeBigUInt64BE(BigInt(offset), 16)
    head.writeUInt32BE(length, 24)
    this.#socket.write(Buffer.concat([head, data]))
    const reply = await this.#take(16)
    const error = reply.readUInt32BE(4)
    if (error !== 0) throw new Error(`refused with ${error}`)
    return await this.#take(type === read ? length : 0)
  }

  async #take(length: number): Promise<Buffer> {
    while (this.#buffer.length < length) {
      if (this.#socket.closed || this.#socket.destroyed) throw new Error('the connection is cut')
      this.#news = Promise.withResolvers<void>()
      await this.#news.promise
    }
    const taken = this.#buffer.subarray(0, length)
    this.#buffer = this.#buffer.subarray(length)
    return taken
  }
}
