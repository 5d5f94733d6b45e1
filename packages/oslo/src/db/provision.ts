import { createHash, createHmac, pbkdf2Sync, randomBytes } from 'node:crypto'
import { setTimeout as pause } from 'node:timers/promises'
import { Client } from 'pg'
import { isConnectionError } from './errors.ts'

export interface DatabaseOwner {
  database: string
  owner: string
  password: string
}

export interface ProvisionOptions {
  /** How long to wait for a server that does not accept connections yet, in milliseconds, default 30000. */
  waitMs?: number
}

/** Pause between two attempts to connect, in milliseconds. */
const retryPauseMs = 50

/** Rounds of PostgreSQL's own default for SCRAM. */
const scramRounds = 4096

/**
 * Waits until a PostgreSQL server accepts connections, then creates a role that may log in and a database that belongs
 * to it, or sets the password of the role that exists. May be repeated. The server is sent a SCRAM verifier and never
 * the password, so that its log cannot show it.
 *
 * @param adminUrl `postgresql://` URL of a superuser
 * @returns the URL of the database for its owner
 * @throws the last connection error if the server does not come up in time
 * @see https://www.postgresql.org/docs/current/catalog-pg-authid.html
 */
export async function ensureDatabase(
  adminUrl: string,
  { database, owner, password }: DatabaseOwner,
  options: ProvisionOptions = {},
): Promise<string> {
  const client = await connect(adminUrl, options.waitMs ?? 30_000)
  try {
    const role = client.escapeIdentifier(owner)
    const verifier = client.escapeLiteral(scramVerifier(password))
    if (!(await exists(client, 'select 1 from pg_roles where rolname = $1', owner))) {
      await unlessThere('42710', client.query(`create role ${role} login`))
    }
    await client.query(`alter role ${role} login password ${verifier}`)
    if (!(await exists(client, 'select 1 from pg_database where datname = $1', database))) {
      const name = client.escapeIdentifier(database)
      await unlessThere(
        '42P04',
        client.query(`create database ${name} owner ${role} encoding 'UTF8' template template0`),
      )
      await client.query(`revoke connect on database ${name} from public`)
    }
  } finally {
    await client.end()
  }
  const url = new URL(adminUrl)
  url.username = encodeURIComponent(owner)
  url.password = encodeURIComponent(password)
  url.pathname = `/${encodeURIComponent(database)}`
  return url.href
}

/** Whether a PostgreSQL server lets the user of this URL in now. @throws errors that say more than that it is away */
export async function acceptsConnections(url: string): Promise<boolean> {
  try {
    const client = await connect(url, 0)
    await client.end()
    return true
  } catch (error) {
    if (isConnectionError(error)) return false
    throw error
  }
}

async function connect(url: string, waitMs: number): Promise<Client> {
  const deadline = performance.now() + waitMs
  for (;;) {
    const client = new Client({ connectionString: url, connectionTimeoutMillis: 5000 })
    client.on('error', () => {})
    try {
      await client.connect()
      return client
    } catch (error) {
      if (!isConnectionError(error) || performance.now() > deadline) throw error
      await pause(retryPauseMs)
    }
  }
}

async function exists(client: Client, query: string, name: string): Promise<boolean> {
  return (await client.query(query, [name])).rows.length > 0
}

/** Another launcher may have been a moment faster. */
async function unlessThere(state: string, query: Promise<unknown>): Promise<void> {
  try {
    await query
  } catch (error) {
    if ((error as { code?: string }).code !== state) throw error
  }
}

function scramVerifier(password: string): string {
  const salt = randomBytes(16)
  const salted = pbkdf2Sync(password.normalize('NFKC'), salt, scramRounds, 32, 'sha256')
  const hmac = (text: string) => createHmac('sha256', salted).update(text).digest()
  const stored = createHash('sha256').update(hmac('Client Key')).digest('base64')
  return `SCRAM-SHA-256$${scramRounds}:${salt.toString('base64')}$${stored}:${hmac('Server Key').toString('base64')}`
}
