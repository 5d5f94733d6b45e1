import { cpSync, mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setUpKeys } from '../../services/keystone/src/token/key-repository.ts'
import { regionName, writeIni, type Sections } from '../../tools/devstack/src/config-files.ts'
import { freePort } from '@longhaul/oslo/concurrency'
import {
  signalProcess,
  stopProcess,
  type Command,
  type ProcessRecord,
} from '../../tools/devstack/src/processes.ts'
import { startPeer } from './peer-process.ts'

/** How long the tokens of one process live and how long after that they are accepted, in seconds. */
export interface TokenTimes {
  expiration: number
  window: number
}

/** One process, as it is configured. */
export interface KeystoneProcess {
  name: string
  port: number
}

/** What Keystone does unless it is told otherwise. */
export const usualTimes: TokenTimes = { expiration: 3600, window: 172_800 }

/** A Keystone, ours or the original: any number of processes on one SQLite database, with one directory of keys. */
export abstract class KeystonePeer {
  readonly directory = mkdtempSync(join(tmpdir(), 'lh-keystone-'))
  readonly keys = join(this.directory, 'keys')
  readonly #processes = new Map<string, ProcessRecord>()

  /** @param keys directory of fernet keys, which are copied; default: new ones */
  protected constructor(keys?: string) {
    for (const name of ['etc', 'log', 'keys']) mkdirSync(join(this.directory, name), { mode: 0o700 })
    if (keys === undefined) setUpKeys(this.keys, 3)
    else cpSync(keys, this.keys, { recursive: true })
  }

  /** Its keystone-manage. @param env what the verb reads from the environment */
  protected abstract manage(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<void>
  protected abstract command(process: KeystoneProcess, file: string): Command
  /** What only this one wants to know. */
  protected abstract sections(process: KeystoneProcess): Sections

  get database(): string {
    return join(this.directory, 'keystone.sqlite')
  }

  /** The database's URL, as configuration says it. */
  get connection(): string {
    return `sqlite:///${this.database}`
  }

  /** Makes the tables. */
  async migrate(): Promise<void> {
    await this.#verb(['db_sync'])
  }

  /** Makes the tables and the administrator. @param url of the process that clients use */
  async bootstrap(url: string, adminPassword: string): Promise<void> {
    await this.migrate()
    const urls = ['public', 'internal', 'admin'].flatMap((side) => [`--bootstrap-${side}-url`, url])
    const env = { OS_BOOTSTRAP_PASSWORD: adminPassword }
    await this.#verb(['bootstrap', ...urls, '--bootstrap-region-id', regionName], env)
  }

  /** Starts a process. @returns its URL, with /v3 */
  async start(name: string, times: TokenTimes = usualTimes, port?: number): Promise<string> {
    const process = { name, port: port ?? (await freePort()) }
    const url = `http://127.0.0.1:${process.port}/v3`
    const command = this.command(process, this.#configure(process, times))
    const log = join(this.directory, 'log', `${name}.out`)
    this.#processes.set(name, await startPeer(command, url, log))
    return url
  }

  /** Ends one process, until it is started again. */
  async end(name: string): Promise<void> {
    const process = this.#processes.get(name)
    if (process) await stopProcess(process)
    this.#processes.delete(name)
  }

  /** Sends a signal to one process. */
  signal(name: string, signal: NodeJS.Signals): void {
    const process = this.#processes.get(name)
    if (process) signalProcess(process, signal)
  }

  async stop(): Promise<void> {
    for (const name of this.#processes.keys()) await this.end(name)
    rmSync(this.directory, { recursive: true, force: true })
  }

  async #verb(args: readonly string[], env?: NodeJS.ProcessEnv): Promise<void> {
    const file = this.#configure({ name: 'manage', port: 0 }, usualTimes)
    await this.manage(['--config-file', file, ...args], env)
  }

  #configure(process: KeystoneProcess, { expiration, window }: TokenTimes): string {
    const file = join(this.directory, 'etc', `${process.name}.conf`)
    writeIni(file, {
      database: { connection: this.connection },
      token: { provider: 'fernet', expiration, allow_expired_window: window },
      fernet_tokens: { key_repository: this.keys },
      identity: { password_hash_rounds: 4 },
      ...this.sections(process),
    })
    return file
  }
}
