import { once } from 'node:events'
import type { AddressInfo, Server, Socket } from 'node:net'
import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@longhaul/oslo/log'
import { Link, type LinkOptions } from './link.ts'
import { assertLinkable, connectTo, isCertified, linkServer, type LinkTls } from './link-sockets.ts'

/** The agent of another host. */
export interface Peer {
  host: string
  /** Where it is, `address:port`. */
  link: string
}

export interface LinksOptions extends Omit<LinkOptions, 'onClose'> {
  listen: { host: string; port: number }
  tls: LinkTls | undefined
  onClose: (link: Link) => void
  logger: Logger
}

/** Milliseconds for a connection and for the hello on it. */
const patience = 5000
/** Milliseconds before the second try to reach another host, and at most, as they double. */
const firstPause = 200
const longestPause = 10_000

/** Links to all other hosts: of two hosts the one with the lesser name dials. */
export class Links {
  /** Those that there are at any time. */
  readonly open: ReadonlySet<Link>
  readonly #options: LinksOptions
  readonly #links = new Set<Link>()
  readonly #server: Server
  readonly #stop = new AbortController()
  readonly #dialling = new Map<string, Promise<void>>()
  #peers = new Map<string, Peer>()

  constructor(options: LinksOptions) {
    this.#options = options
    this.open = this.#links
    this.#server = linkServer(options.tls, (socket) => void this.#accept(socket))
  }

  /** @returns the port that is listened on @throws PlainLinkError `plain_link_refused`; the system's error */
  async listen(): Promise<number> {
    const { listen, tls, logger } = this.#options
    assertLinkable(listen.host, tls)
    await once(this.#server.listen({ ...listen, exclusive: true }), 'listening')
    this.#server.on('error', (error) => logger.warn({ err: error }, 'links cannot be accepted'))
    this.#server.on('tlsClientError', (error: Error) => logger.info({ err: error }, 'a link was refused'))
    return (this.#server.address() as AddressInfo).port
  }

  /** Keeps links to these hosts. One to a host that is not named any more stays for as long as it holds. */
  want(peers: readonly Peer[]): void {
    this.#peers = new Map(peers.map((peer) => [peer.host, peer]))
    for (const { host } of peers) {
      if (this.#options.self >= host || this.#dialling.has(host)) continue
      const dialling = this.#dial(host).finally(() => this.#dialling.delete(host))
      this.#dialling.set(host, dialling)
    }
  }

  async close(): Promise<void> {
    this.#stop.abort()
    const closed = this.#server.listening ? once(this.#server, 'close') : undefined
    this.#server.close()
    for (const link of this.#links) link.close()
    await Promise.all([closed, ...this.#dialling.values()])
  }

  async #dial(host: string): Promise<void> {
    const { logger, tls } = this.#options
    let pause = firstPause
    for (let tries = 0; !this.#stop.signal.aborted; tries++) {
      const peer = this.#peers.get(host)
      if (!peer) return
      try {
        const signal = this.#patience()
        const socket = await connectTo({ host, ...placeOf(peer.link) }, { tls, signal })
        const over = new Promise((resolve) => socket.once('close', resolve))
        this.#add(await this.#greet(socket, (name) => name === host, signal))
        ;[tries, pause] = [0, firstPause]
        await over
      } catch (error) {
        // At first the other side may not have heard of this one.
        if (tries === 1) logger.warn({ host, link: peer.link, err: error }, 'no link to the host')
      }
      await delay(pause, undefined, { signal: this.#stop.signal }).catch(() => {})
      pause = Math.min(pause * 2, longestPause)
    }
  }

  async #accept(socket: Socket): Promise<void> {
    const { self, logger } = this.#options
    const admits = (host: string) => host < self && this.#peers.has(host) && isCertified(socket, host)
    try {
      this.#add(await this.#greet(socket, admits, this.#patience()))
    } catch (error) {
      logger.info({ address: socket.remoteAddress, err: error }, 'a link was refused')
    }
  }

  async #greet(socket: Socket, admits: (host: string) => boolean, signal: AbortSignal): Promise<Link> {
    const onClose = (link: Link, reason: Error | undefined) => {
      this.#links.delete(link)
      this.#options.logger.info({ host: link.host, err: reason }, 'a link is over')
      this.#options.onClose(link)
    }
    return await Link.open(socket, admits, { ...this.#options, onClose, signal })
  }

  #add(link: Link): void {
    // The other side has begun a new one, so that it knows nothing of the one before.
    for (const other of this.#links) if (other.host === link.host) other.close()
    if (this.#stop.signal.aborted) link.close()
    if (!link.isOpen) return
    this.#links.add(link)
    this.#options.logger.info({ host: link.host }, 'linked to a host')
  }

  #patience(): AbortSignal {
    return AbortSignal.any([AbortSignal.timeout(patience), this.#stop.signal])
  }
}

function placeOf(link: string): { address: string; port: number } {
  const [, address = '', port = ''] = /^\[?(.*?)\]?:(\d+)$/.exec(link) ?? []
  return { address, port: Number(port) }
}
