import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'

/** How a command ended. */
export interface Ended {
  status: number
  out: string
  err: string
}

const patienceMs = 120_000

/** Debian's openstack command, as a user of a cloud. */
export class OpenStackClient {
  readonly #cloudsYaml: string
  readonly #cloud: string

  /** @param cloud a name in the file */
  constructor(cloudsYaml: string, cloud: string) {
    this.#cloudsYaml = cloudsYaml
    this.#cloud = cloud
  }

  async run(...args: readonly string[]): Promise<Ended> {
    const env = {
      PATH: process.env['PATH'] ?? '',
      OS_CLIENT_CONFIG_FILE: this.#cloudsYaml,
      OS_CLOUD: this.#cloud,
    }
    return await new Promise((resolve) => {
      execFile('/usr/bin/openstack', args, { env, maxBuffer: 2 ** 26 }, (error, out, err) => {
        resolve({ status: error ? (typeof error.code === 'number' ? error.code : 1) : 0, out, err })
      })
    })
  }

  /** What a command prints. @throws Error with what it said, if it fails */
  async text(...args: readonly string[]): Promise<string> {
    const { status, out, err } = await this.run(...args)
    if (status !== 0) throw new Error(`openstack ${args.join(' ')}: ${status} ${err}`)
    return out
  }

  async json(...args: readonly string[]): Promise<unknown> {
    return JSON.parse(await this.text(...args, '-f', 'json'))
  }

  /** Waits until a server has a status. */
  async serverIs(name: string, status: string): Promise<void> {
    const end = performance.now() + patienceMs
    for (;;) {
      const seen = (await this.text('server', 'show', name, '-f', 'value', '-c', 'status')).trim()
      if (seen === status) return
      if (performance.now() > end) throw new Error(`the server is ${seen}, not ${status}`)
      await delay(200)
    }
  }
}
