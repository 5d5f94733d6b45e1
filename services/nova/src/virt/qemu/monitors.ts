import { closeSync, openSync } from 'node:fs'
import { join } from 'node:path'
import { QmpClient } from '@longhaul/qemu'
import { monitorSockets } from './command-line.ts'

const connectMilliseconds = 3000
const answerMilliseconds = 30_000

/** The connections to the guests' monitors, one a guest: QEMU greets no second client. */
export class Monitors {
  readonly #directoryOf: (id: string) => string
  readonly #answerMs: number
  readonly #clients = new Map<string, Promise<QmpClient>>()

  /** @param answerMs for QEMU's answer to each command; default 30 000 */
  constructor(directoryOf: (id: string) => string, answerMs = answerMilliseconds) {
    this.#directoryOf = directoryOf
    this.#answerMs = answerMs
  }

  /**
   * The connection to a guest that runs.
   *
   * @param milliseconds until QEMU has to greet; more for one that has just been started
   * @throws QmpError `qmp_timeout`
   */
  get(id: string, milliseconds = connectMilliseconds): Promise<QmpClient> {
    const known = this.#clients.get(id)
    if (known) return known
    const connecting = connectIn(this.#directoryOf(id), milliseconds, this.#answerMs)
    this.#clients.set(id, connecting)
    const forget = () => {
      if (this.#clients.get(id) === connecting) this.#clients.delete(id)
    }
    connecting.then((client) => (client.closed ? forget() : client.once('close', forget)), forget)
    return connecting
  }

  /** Closes a guest's connection, or all. */
  close(id?: string): void {
    for (const [guest, client] of this.#clients) {
      if (id !== undefined && guest !== id) continue
      this.#clients.delete(guest)
      client.then(
        (open) => open.close(),
        () => {},
      )
    }
  }
}

/** Connects by way of the open directory, so that the socket's path stays short. */
async function connectIn(directory: string, timeoutMs: number, answerMs: number): Promise<QmpClient> {
  const opened = openSync(directory, 'r')
  try {
    const path = join('/proc/self/fd', String(opened), monitorSockets.agent)
    return await QmpClient.connect(path, { timeoutMs, answerMs })
  } finally {
    closeSync(opened)
  }
}
