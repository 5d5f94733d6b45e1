import type { IncomingHttpHeaders } from 'node:http'

/** What the socket and the headers say of the way a request came. */
export interface Arrival {
  headers: IncomingHttpHeaders
  /** TLS on our own socket. */
  encrypted: boolean
  remoteAddress: string | undefined
  /** Where the socket was accepted, used if the request names no usable host. */
  localAddress: string
}

/** How the client sees us, and we the client. */
export interface Origin {
  protocol: 'http' | 'https'
  /** With the port, unless it is the protocol's own. */
  host: string
  /** Path that the proxy put in front, without a slash at the end. */
  prefix: string
  /** Address of the client. */
  remote: string
}

const hostShape = /^(?:[a-z0-9._-]+|\[[0-9a-f:.]+\])(?::\d{1,5})?$/i
const prefixShape = /^(?:\/[\w.~-]+)*\/?$/

/**
 * The origin of a request.
 *
 * @param parse whether `Forwarded` (preferred) and `X-Forwarded-Proto`, `-Host`, `-Port`, `-Prefix`, `-For` are believed:
 *   only when every client comes through a proxy that sets them
 * @see https://www.rfc-editor.org/rfc/rfc7239 and oslo_middleware.http_proxy_to_wsgi
 */
export function originOf(arrival: Arrival, parse: boolean): Origin {
  const { headers } = arrival
  const told = parse ? { ...xForwarded(headers), ...forwarded(headers.forwarded) } : {}
  const protocol =
    told.proto === 'https' || told.proto === 'http' ? told.proto : arrival.encrypted ? 'https' : 'http'
  const host = [told.host, headers.host].find((name) => name !== undefined && hostShape.test(name))
  const prefix =
    told.prefix !== undefined && prefixShape.test(told.prefix) ? told.prefix.replace(/\/$/, '') : ''
  return {
    protocol,
    host: withoutDefaultPort(host ?? arrival.localAddress, protocol),
    prefix,
    remote: told.for ?? arrival.remoteAddress ?? '',
  }
}

interface Told {
  proto?: string
  host?: string
  for?: string
  prefix?: string
}

/** The first element of `Forwarded`: the one nearest to the client. */
function forwarded(value: string | undefined): Told {
  const told: Told = {}
  if (!value) return told
  for (const pair of (value.split(',')[0] ?? '').split(';')) {
    const [name, raw = ''] = pair.trim().split('=', 2)
    const text = raw.replaceAll(/^"|"$/g, '')
    if (name?.toLowerCase() === 'proto') told.proto = text.toLowerCase()
    if (name?.toLowerCase() === 'host') told.host = text
    if (name?.toLowerCase() === 'for') told.for = text
  }
  return told
}

function xForwarded(headers: IncomingHttpHeaders): Told {
  const first = (name: string): string | undefined => {
    const value = headers[name]
    return typeof value === 'string' && value !== '' ? value.split(',')[0]?.trim() : undefined
  }
  const told: Told = {}
  const [proto, host, port, client, prefix] = ['proto', 'host', 'port', 'for', 'prefix'].map((name) =>
    first(`x-forwarded-${name}`),
  )
  if (proto !== undefined) told.proto = proto.toLowerCase()
  if (host !== undefined) told.host = port !== undefined && !/:\d+$/.test(host) ? `${host}:${port}` : host
  if (client !== undefined) told.for = client
  if (prefix !== undefined) told.prefix = prefix
  return told
}

function withoutDefaultPort(host: string, protocol: 'http' | 'https'): string {
  return host.replace(protocol === 'https' ? /:443$/ : /:80$/, '')
}
