import { once } from 'node:events'
import { connect, createServer, isIP, type Server, type Socket } from 'node:net'
import {
  checkServerIdentity,
  connect as connectTls,
  createServer as createTlsServer,
  TLSSocket,
} from 'node:tls'
import { isLoopback, type TlsMaterial } from '@longhaul/oslo/api'

/** A certificate that is good for a server and a client with the name of this host, its key, and the authorities of others. */
export type LinkTls = Required<TlsMaterial>

/** @throws PlainLinkError for a certificate without authorities: anybody could show one */
export function linkTls(material: TlsMaterial | undefined): LinkTls | undefined {
  if (!material) return undefined
  const { ca } = material
  if (ca === undefined) throw new PlainLinkError('[link] cafile is not set: it says which hosts are let in')
  return { ...material, ca }
}

/** Frames would cross a network in clear, or come from anybody. */
class PlainLinkError extends Error {
  override name = 'PlainLinkError'
  readonly code = 'plain_link_refused'
}

/** @throws PlainLinkError `plain_link_refused` without TLS off loopback */
export function assertLinkable(address: string, tls: LinkTls | undefined): void {
  if (tls || isLoopback(address)) return
  throw new PlainLinkError(
    `a link on ${address} needs TLS on both sides: give certfile, keyfile and cafile in [link]`,
  )
}

/** A listener for links; its connections are those of agents that have shown a certificate, if there is TLS. */
export function linkServer(tls: LinkTls | undefined, onSocket: (socket: Socket) => void): Server {
  if (!tls) return createServer(onSocket)
  const wanted = { requestCert: true, rejectUnauthorized: true, minVersion: 'TLSv1.2' } as const
  return createTlsServer({ ...tls, ...wanted, handshakeTimeout: 5000 }, onSocket)
}

/** Connects to the agent of a host. @throws PlainLinkError; the system's error */
export async function connectTo(
  peer: { host: string; address: string; port: number },
  { tls, signal }: { tls: LinkTls | undefined; signal: AbortSignal },
): Promise<Socket> {
  const { host, address, port } = peer
  assertLinkable(address, tls)
  const socket = tls
    ? connectTls({
        ...tls,
        host: address,
        port,
        minVersion: 'TLSv1.2',
        ...(isIP(host) === 0 ? { servername: host } : {}),
        checkServerIdentity: (_name, certificate) => checkServerIdentity(host, certificate),
      })
    : connect({ host: address, port })
  try {
    await once(socket, tls ? 'secureConnect' : 'connect', { signal })
    return socket
  } catch (error) {
    socket.on('error', () => {}).destroy()
    throw error
  }
}

/** Whether the other side of a connection has the certificate of a host, if certificates are shown. */
export function isCertified(socket: Socket, host: string): boolean {
  if (!(socket instanceof TLSSocket)) return true
  return checkServerIdentity(host, socket.getPeerCertificate()) === undefined
}
