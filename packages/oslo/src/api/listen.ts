import { BlockList, isIP } from 'node:net'
import type { ApiApp } from './create-api.ts'

export interface ListenOptions {
  host: string
  /** 0 takes a free one. */
  port: number
  /** Several processes share the port; the kernel spreads connections over them. */
  reusePort?: boolean
  /** Permits plain HTTP on any address, for a listener behind a TLS proxy. */
  allowPlainHttp?: boolean
}

/** Tokens would cross a network in clear. */
export class PlainHttpError extends Error {
  override name = 'PlainHttpError'
  readonly code = 'plain_http_refused'
}

const loopback = new BlockList()
loopback.addSubnet('127.0.0.0', 8)
loopback.addAddress('::1', 'ipv6')

/** True for 127.0.0.0/8, ::1 and localhost. */
export function isLoopback(host: string): boolean {
  const family = isIP(host)
  if (family === 0) return host === 'localhost'
  return loopback.check(host, family === 6 ? 'ipv6' : 'ipv4')
}

/**
 * Opens the port of an application.
 *
 * @returns the URL with the port that was taken
 * @throws PlainHttpError `plain_http_refused` for plain HTTP on an address that is not loopback; the system's error
 *   (`EADDRINUSE`, `EACCES`) if the port cannot be had
 */
export async function listen(app: ApiApp, options: ListenOptions): Promise<string> {
  const { host, port, reusePort = false, allowPlainHttp = false } = options
  if (!app.api.encrypted && !allowPlainHttp && !isLoopback(host)) {
    throw new PlainHttpError(
      `plain HTTP on ${host} would show tokens to the network: give a certificate and key, or listen on 127.0.0.1`,
    )
  }
  const tuned: { host: string; port: number; reusePort?: boolean } = { host, port }
  if (reusePort) tuned.reusePort = true
  return await app.listen(tuned)
}
