import { once } from 'node:events'
import { connect, createServer, type Server, type Socket } from 'node:net'

/** Stands before a server, and can lose what is sent: its connections then stay open and never say anything again. */
export class LosingRelay {
  readonly #server: Server
  readonly #connections = new Set<Socket>()
  /** Whether what comes is lost; connections that were open or were opened meanwhile do not recover. */
  #loses = false

  /** @param target port of the server */
  private constructor(target: number) {
    this.#server = createServer((client) => {
      this.#keep(client)
      if (this.#loses) return
      const server = this.#keep(connect(target, '127.0.0.1'))
      client.pipe(server).pipe(client)
    })
  }

  static async listen(port: number, target: number): Promise<LosingRelay> {
    const relay = new LosingRelay(target)
    relay.#server.listen(port, '127.0.0.1')
    await once(relay.#server, 'listening')
    return relay
  }

  lose(): void {
    this.#loses = true
    for (const socket of this.#connections) socket.unpipe()
  }

  recover(): void {
    this.#loses = false
  }

  async stop(): Promise<void> {
    for (const socket of this.#connections) socket.destroy()
    this.#server.close()
    await once(this.#server, 'close')
  }

  #keep(socket: Socket): Socket {
    this.#connections.add(socket)
    socket.on('error', () => socket.destroy())
    return socket.on('close', () => this.#connections.delete(socket))
  }
}
