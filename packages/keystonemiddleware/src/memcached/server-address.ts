/** Where a server listens. */
export type ServerAddress = { path: string } | { host: string; port: number }

const usualPort = 11_211

/**
 * Reads an item of `memcached_servers`: `host:port`, `host`, `[::1]:port`, `unix:/path`, with `inet:`, `inet6:` or
 * `memcached://` before it or not.
 *
 * @throws Error when it is none of these
 * @see python-memcached, _Host
 */
export function parseServerAddress(text: string): ServerAddress {
  const [, path] = /^unix:(.+)$/.exec(text) ?? []
  if (path) return { path }
  const bare = text.replace(/^(?:inet6?:|memcached:\/\/)/, '')
  const [, bracketed, name, port] = /^(?:\[([^\]]+)\]|([^:[\]]+))(?::(\d{1,5}))?$/.exec(bare) ?? []
  const host = bracketed ?? name
  const number = Number(port ?? usualPort)
  if (!host || number > 65_535) throw new Error('must be host:port, [address]:port or unix:path')
  return { host, port: number }
}

/** As it stands in logs. */
export function addressText(address: ServerAddress): string {
  return 'path' in address ? address.path : `${address.host}:${address.port}`
}
