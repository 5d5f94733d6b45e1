import { randomBytes } from 'node:crypto'
import { chmodSync, mkdtempSync, rmSync, statfsSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { freePort } from '@longhaul/oslo/concurrency'
import { acceptsConnections } from '@longhaul/oslo/db/provision'
import { embeddedPostgres, purgeEmbeddedPostgres } from './embedded-postgres.ts'
import { startDetached, stopProcess } from './processes.ts'

/** A PostgreSQL server for all files of a run of tests. */
export interface TestServer {
  /** `postgresql://` URL of its superuser. */
  url: string
  stop(): Promise<void>
}

const patience = 20_000

/** Bytes that a server needs at most, with room to spare. */
const spaceNeeded = 2 * 2 ** 30

/** In memory if there is room: every test makes a database, which is some hundred files. */
function placeOfServer(): string {
  try {
    const { bavail, bsize } = statfsSync('/dev/shm')
    if (bavail * bsize >= spaceNeeded) return '/dev/shm'
  } catch {
    // Not every system has it.
  }
  return tmpdir()
}

/** Starts one whose data need not survive. @throws DevstackError `postgresql_missing` */
export async function testServer(): Promise<TestServer> {
  const root = mkdtempSync(join(placeOfServer(), 'longhaul-test-postgresql-'))
  // The server may run as another user.
  chmodSync(root, 0o711)
  const directory = join(root, 'postgresql')
  const password = randomBytes(18).toString('base64url')
  const port = await freePort()
  const { command } = await embeddedPostgres({ directory, port, password })
  const careless = [
    'fsync=off',
    'synchronous_commit=off',
    'full_page_writes=off',
    'max_wal_size=128MB',
    'min_wal_size=32MB',
    'wal_level=minimal',
    'max_wal_senders=0',
    'autovacuum=off',
    'max_connections=300',
  ].flatMap((setting) => ['-c', setting])
  const server = await startDetached({ ...command, args: [...command.args, ...careless] }, join(root, 'log'))
  const url = `postgresql://postgres:${password}@127.0.0.1:${port}/postgres`
  const deadline = performance.now() + patience
  while (!(await acceptsConnections(url))) {
    if (performance.now() > deadline) throw new Error(`PostgreSQL does not answer, see ${root}/log`)
  }
  return {
    url,
    async stop() {
      await stopProcess(server, { signal: 'SIGINT' })
      purgeEmbeddedPostgres(directory)
      rmSync(root, { recursive: true, force: true })
    },
  }
}
