import { mkdtempSync, rmSync } from 'node:fs'
import { connect } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { once } from 'node:events'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '@longhaul/oslo/api'
import {
  isAlive,
  startDetached,
  stopProcess,
  type ProcessRecord,
} from '../../tools/devstack/src/processes.ts'
import { needPackages } from './debian.ts'

const startMs = 20_000

/** memcached, from Debian's package, on loopback. */
export class RealMemcached {
  readonly address: string
  readonly #process: ProcessRecord
  readonly #directory: string

  private constructor(address: string, process: ProcessRecord, directory: string) {
    this.address = address
    this.#process = process
    this.#directory = directory
  }

  static async start(): Promise<RealMemcached> {
    await needPackages('memcached')
    const directory = mkdtempSync(join(tmpdir(), 'lh-memcached-'))
    const port = await freePort()
    const args = ['-l', '127.0.0.1', '-p', String(port), '-U', '0', '-m', '16', '-u', 'nobody']
    const process = await startDetached(
      { file: '/usr/bin/memcached', args },
      join(directory, 'memcached.out'),
    )
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
