import { execFileSync } from 'node:child_process'
import { once } from 'node:events'
import { chmodSync, copyFileSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { connect } from 'node:net'
import { hostname, tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '@longhaul/oslo/concurrency'
import {
  isAlive,
  startDetached,
  stopProcess,
  type ProcessRecord,
} from '../../tools/devstack/src/processes.ts'
import { needPackages } from './debian.ts'

const startMs = 20_000
const certificates = join(import.meta.dirname, '../../packages/keystoneauth/src/fixtures')

/** How a memcached is guarded. */
export interface Guard {
  /** With a certificate for loopback, which is its own authority: see {@link RealMemcached.authority}. */
  tls?: boolean
  /** By SASL; then it speaks the binary protocol only. */
  login?: { username: string; password: string }
}

/** memcached, from Debian's package, on loopback. */
export class RealMemcached {
  readonly address: string
  /** Of the certificate, PEM. */
  readonly authority = join(certificates, 'loopback-cert.pem')
  readonly #process: ProcessRecord
  readonly #directory: string

  private constructor(address: string, process: ProcessRecord, directory: string) {
    this.address = address
    this.#process = process
    this.#directory = directory
  }

  static async start(guard: Guard = {}): Promise<RealMemcached> {
    await needPackages('memcached', ...(guard.login ? ['sasl2-bin', 'libsasl2-modules'] : []))
    const directory = mkdtempSync(join(tmpdir(), 'lh-memcached-'))
    // It runs as nobody.
    chmodSync(directory, 0o755)
    const port = await freePort()
    const args = ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-m', '16', '-u', 'nobody']
    if (guard.tls) args.push('-Z', '-o', certificateIn(directory))
    if (guard.login) args.push('-S')
    const env = guard.login ? { SASL_CONF_PATH: userIn(directory, guard.login) } : {}
    const log = join(directory, 'memcached.out')
    const process = await startDetached({ file: '/usr/bin/memcached', args, env }, log)
    const made = new RealMemcached(`127.0.0.1:${port}`, process, directory)
    await made.#listens(port)
    return made
  }

  async stop(): Promise<void> {
    await stopProcess(this.#process)
    rmSync(this.#directory, { recursive: true, force: true })
  }

  async #listens(port: number): Promise<void> {
    const end = performance.now() + startMs
    for (;;) {
      const socket = connect(port, '127.0.0.1')
      try {
        await once(socket, 'connect')
        return
      } catch (error) {
        if (performance.now() > end || !isAlive(this.#process)) {
          await this.stop()
          throw new Error('memcached does not listen', { cause: error })
        }
      } finally {
        socket.destroy()
      }
      await delay(50)
    }
  }
}

function certificateIn(directory: string): string {
  const [cert, key] = ['cert', 'key'].map((part) => {
    const path = join(directory, `${part}.pem`)
    copyFileSync(join(certificates, `loopback-${part}.pem`), path)
    chmodSync(path, 0o644)
    return path
  })
  return `ssl_chain_cert=${cert},ssl_key=${key}`
}

// The password goes by standard input, never as an argument.
function userIn(directory: string, { username, password }: NonNullable<Guard['login']>): string {
  const database = join(directory, 'sasldb')
  const settings = [
    'mech_list: plain',
    'pwcheck_method: auxprop',
    'auxprop_plugin: sasldb',
    `sasldb_path: ${database}`,
  ]
  writeFileSync(join(directory, 'memcached.conf'), `${settings.join('\n')}\n`, { mode: 0o644 })
  const args = ['-p', '-c', '-a', 'memcached', '-f', database, '-u', hostname(), username]
  execFileSync('/usr/sbin/saslpasswd2', args, { input: password })
  chmodSync(database, 0o644)
  return directory
}
