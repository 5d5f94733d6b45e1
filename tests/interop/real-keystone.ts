import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import {
  closeSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { promisify } from 'node:util'
import { freePort } from '../../tools/devstack/src/ports.ts'
import { needPackages } from './debian.ts'

const run = promisify(execFile)
const region = 'RegionOne'
const startMs = 90_000

/** How long the tokens of one process live and how long after that they are accepted, in seconds. */
export interface TokenTimes {
  expiration: number
  window: number
}

/** OpenStack's own Keystone from Debian's packages: any number of processes on one SQLite database. */
export class RealKeystone {
  readonly directory = mkdtempSync(join(tmpdir(), 'lh-keystone-'))
  readonly #database = join(this.directory, 'keystone.sqlite')
  readonly #processes: ChildProcess[] = []

  /** Installs the packages if they are missing. @param keys directory of fernet keys, which are copied */
  static async make(keys: string): Promise<RealKeystone> {
    await needPackages('keystone', 'uwsgi-core', 'uwsgi-plugin-python3')
    const keystone = new RealKeystone()
    const { directory } = keystone
    for (const name of ['etc', 'log', 'credential-keys']) mkdirSync(join(directory, name))
    mkdirSync(join(directory, 'keys'), { mode: 0o700 })
    cpSync(keys, join(directory, 'keys'), { recursive: true })
    return keystone
  }

  /** Makes the tables and the administrator. @param url of the process that clients use */
  async bootstrap(url: string, adminPassword: string): Promise<void> {
    const file = this.#configure('bootstrap', { expiration: 3600, window: 172_800 })
    const env = { ...process.env, OS_BOOTSTRAP_PASSWORD: adminPassword }
    const manage = (...args: string[]) =>
      run('/usr/bin/keystone-manage', ['--config-file', file, ...args], { env })
    await manage('db_sync')
    // A read that one process has not ended must not keep another one from writing.
    const wal = `import sqlite3; sqlite3.connect(${JSON.stringify(this.#database)}).execute('pragma journal_mode=wal')`
    await run('/usr/bin/python3', ['-c', wal])
    const urls = ['public', 'internal', 'admin'].flatMap((side) => [`--bootstrap-${side}-url`, url])
    await manage('bootstrap', ...urls, '--bootstrap-region-id', region)
  }

  /** Starts a process. @returns its URL, with /v3 */
  async start(name: string, times: TokenTimes, port?: number): Promise<string> {
    const at = port ?? (await freePort())
    const url = `http://127.0.0.1:${at}/v3`
    const file = this.#configure(name, times)
    const log = openSync(join(this.directory, 'log', `${name}.out`), 'a')
    const child = spawn(
      '/usr/bin/uwsgi',
      [
        '--plugins=python3',
        '--master',
        '--lazy-apps',
        '--enable-threads',
        '--no-orphans',
        '--die-on-term',
        '--need-app',
        '--processes=1',
        '--threads=1',
        '--buffer-size=65535',
        '--disable-logging',
        `--env=OS_KEYSTONE_CONFIG_DIR=${join(this.directory, 'etc')}`,
        `--env=OS_KEYSTONE_CONFIG_FILES=${file}`,
        `--chdir=${this.directory}`,
        '--wsgi-file=/usr/bin/keystone-wsgi-public',
        `--http-socket=127.0.0.1:${at}`,
      ],
      { stdio: ['ignore', log, log] },
    )
    closeSync(log)
    this.#processes.push(child)
    await this.#untilAnswers(name, url, child)
    return url
  }

  async stop(): Promise<void> {
    for (const child of this.#processes) {
      if (child.exitCode !== null || child.signalCode !== null) continue
      const ended = once(child, 'exit')
      child.kill('SIGTERM')
      await ended
    }
    rmSync(this.directory, { recursive: true, force: true })
  }

  #configure(name: string, { expiration, window }: TokenTimes): string {
    const { directory } = this
    const file = join(directory, 'etc', `${name}.conf`)
    const sections = {
      DEFAULT: { log_file: join(directory, 'log', `${name}.log`) },
      database: { connection: `sqlite:///${this.#database}` },
      token: { provider: 'fernet', expiration, allow_expired_window: window },
      fernet_tokens: { key_repository: join(directory, 'keys') },
      credential: { key_repository: join(directory, 'credential-keys') },
      fernet_receipts: { key_repository: join(directory, 'keys') },
      identity: { password_hash_algorithm: 'bcrypt', password_hash_rounds: 4 },
      cache: { enabled: false },
    }
    const text = Object.entries(sections).map(([section, options]) =>
      [`[${section}]`, ...Object.entries(options).map(([option, value]) => `${option} = ${value}`)].join(
        '\n',
      ),
    )
    writeFileSync(file, `${text.join('\n')}\n`, { mode: 0o600 })
    return file
  }

  async #untilAnswers(name: string, url: string, child: ChildProcess): Promise<void> {
    const end = performance.now() + startMs
    for (;;) {
      try {
        await (await fetch(url)).arrayBuffer()
        return
      } catch (error) {
        if (performance.now() > end || child.exitCode !== null) {
          const log = readFileSync(join(this.directory, 'log', `${name}.out`), 'utf8')
          throw new Error(`Keystone did not start:\n${log.slice(-2000)}`, { cause: error })
        }
      }
      await delay(100)
    }
  }
}
