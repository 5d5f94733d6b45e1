import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { setTimeout as delay } from 'node:timers/promises'
import { assertLike, type Expected } from './like.ts'

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

  /** Runs a command and compares its JSON. @param command words with a space between them @returns what it showed */
  async shows(command: string, expected: Expected): Promise<unknown> {
    const found = await this.json(...words(command))
    assertLike(found, expected, command)
    return found
  }

  /** Lists, and compares in no particular order. @param key column by which rows are told from each other */
  async lists(command: string, expected: Expected[], key = 'Name'): Promise<void> {
    const by = (one: unknown) => JSON.stringify((one as Record<string, unknown>)[key])
    const order = (rows: unknown[]) => rows.toSorted((a, b) => (by(a) < by(b) ? -1 : 1))
    const found = (await this.json(...words(command))) as unknown[]
    assertLike(order(found), order(expected) as Expected[], command)
  }

  /** Runs a command that has nothing to show, and compares what it says. */
  async says(command: string, expected = ''): Promise<void> {
    assert.equal(await this.text(...words(command)), expected, command)
  }

  /** Runs a command that has to fail. @param err what it complains of */
  async fails(command: string, err: RegExp): Promise<void> {
    const ended = await this.run(...words(command))
    assert.equal(ended.status, 1, command)
    assert.match(ended.err, err, command)
  }

  /** Waits until a resource has a status. @param show such as `volume show v1` */
  async becomes(show: string, status: string, column = 'status'): Promise<void> {
    const end = performance.now() + patienceMs
    for (;;) {
      const seen = (await this.text(...words(show), '-f', 'value', '-c', column)).trim()
      if (seen === status) return
      const wrong = seen.toLowerCase() === 'error' || performance.now() > end
      if (wrong) throw new Error(`${show}: it is ${seen}, not ${status}`)
      await delay(200)
    }
  }

  /** Waits until a command lists nothing. */
  async untilNone(list: string): Promise<void> {
    const end = performance.now() + patienceMs
    for (;;) {
      const seen = await this.text(...words(list), '-f', 'value')
      if (seen === '') return
      if (performance.now() > end) throw new Error(`${list}: there is still ${seen}`)
      await delay(200)
    }
  }
}

/** The words of a command none of which has a space. */
export function words(command: string): string[] {
  return command.split(' ')
}
