/** Where a database is, read from the value of `[database] connection`. */
export type Connection = { kind: 'sqlite'; path: string } | { kind: 'postgresql'; url: string }

/**
 * The value of `[database] connection` cannot be used. The message never repeats the value: it may hold a password.
 */
export class DatabaseUrlError extends Error {
  override name = 'DatabaseUrlError'
  readonly code = 'database_url_invalid'
}

/** Options that SQLAlchemy understands and libpq does not; operators' URLs carry them. */
const sqlalchemyOnly = ['charset', 'client_encoding', 'plugin']

/**
 * Reads a connection as operators write it.
 *
 * @param connection `sqlite:///var/lib/x.db`, `sqlite:////var/lib/x.db`, `sqlite://` (memory),
 *   `postgresql://user:password@host:port/name`, with or without a driver (`postgresql+psycopg2://`).
 *   A SQLite path is always absolute.
 * @throws DatabaseUrlError `database_url_invalid`
 */
export function parseConnection(connection: string): Connection {
  const scheme = /^([a-z][a-z0-9]*)(?:\+[a-z0-9_]+)?:\/\//i.exec(connection)
  if (!scheme)
    throw new DatabaseUrlError('the connection has no scheme: sqlite:///… or postgresql://… is wanted')
  const rest = connection.slice(scheme[0].length)
  switch (scheme[1]?.toLowerCase()) {
    case 'sqlite': {
      const path = rest.replace(/\?.*$/, '').replace(/^\/+/, '')
      return { kind: 'sqlite', path: path === '' || path === ':memory:' ? ':memory:' : `/${path}` }
    }
    case 'postgresql':
    case 'postgres':
      return { kind: 'postgresql', url: postgresUrl(rest) }
    default:
      throw new DatabaseUrlError(
        `databases of the kind ${scheme[1]} are not supported: use sqlite or postgresql`,
      )
  }
}

function postgresUrl(rest: string): string {
  let url: URL
  try {
    url = new URL(`postgresql://${rest}`)
  } catch {
    throw new DatabaseUrlError(
      'the connection is not a valid postgresql:// URL; escape special characters of the password',
    )
  }
  if (url.pathname.length < 2)
    throw new DatabaseUrlError('the connection names no database: postgresql://…/name')
  for (const name of sqlalchemyOnly) url.searchParams.delete(name)
  return url.href
}
