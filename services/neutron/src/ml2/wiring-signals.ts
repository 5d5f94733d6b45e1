import { EventEmitter, once } from 'node:events'
import type { Kysely } from 'kysely'
import type { Logger } from '@longhaul/oslo/log'
import type { NeutronTables } from '../db/tables.ts'
import type { Agents } from './agents.ts'

export interface WiringSignalsOptions {
  db: Kysely<NeutronTables>
  agents: Agents
  /** How long a request waits for a host to wire what it asks for, in milliseconds. */
  patience: number
  logger: Logger
}

/** How often the database is asked for what other processes have changed, in milliseconds. */
const recheck = 1000

/** Lets agents wait for changes, and those that bind ports for the agents that wire them. */
export class WiringSignals {
  readonly #options: WiringSignalsOptions
  readonly #signals = new EventEmitter().setMaxListeners(0)
  #isStopped = false

  constructor(options: WiringSignalsOptions) {
    this.#options = options
  }

  /** Sends every agent that waits home. */
  stop(): void {
    this.#isStopped = true
    // Whoever waits listens to errors as well, which must not be told of any.
    for (const name of this.#signals.eventNames()) if (name !== 'error') this.#signals.emit(name)
  }

  /**
   * Notes that an agent has wired a version, and waits until there is another.
   *
   * @param wait milliseconds at most @returns the version that there is then
   */
  async change(host: string, since: number, wait: number): Promise<number> {
    const { db, agents } = this.#options
    await db
      .updateTable('agents')
      .set({ wired: since })
      .where('host', '=', host)
      .where('wired', '<', since)
      .execute()
    this.#signals.emit(`wired ${host}`)
    const deadline = performance.now() + wait
    for (;;) {
      const signal = this.#next(`wanted ${host}`, deadline)
      const version = (await agents.get(host))?.wanted ?? 0
      if (version !== since || this.#isStopped || performance.now() >= deadline) {
        signal.cancel()
        return version
      }
      await signal.done
    }
  }

  /** Tells hosts that there is something to wire. */
  announce(hosts: readonly string[]): void {
    for (const host of hosts) this.#signals.emit(`wanted ${host}`)
  }

  /** Tells hosts that there is something to wire, and waits until they have, or for a short while. */
  async wired(hosts: readonly string[]): Promise<void> {
    const named = [...new Set(hosts)].filter((host) => host !== '')
    this.announce(named)
    await Promise.all(named.map((host) => this.#wired(host)))
  }

  async #wired(host: string): Promise<void> {
    const { agents, patience, logger } = this.#options
    const deadline = performance.now() + patience
    const wanted = (await agents.get(host))?.wanted ?? 0
    for (;;) {
      const signal = this.#next(`wired ${host}`, deadline)
      const wired = (await agents.get(host))?.wired ?? 0
      if (wired >= wanted || performance.now() >= deadline) {
        signal.cancel()
        if (wired < wanted) logger.warn({ host }, 'the L2 agent is slow: a port may not be wired yet')
        return
      }
      await signal.done
    }
  }

  /** The next signal, or the time to look at the database again. */
  #next(name: string, deadline: number): { done: Promise<void>; cancel: () => void } {
    const waiting = new AbortController()
    const pause = Math.max(0, Math.min(recheck, deadline - performance.now()))
    const timer = setTimeout(() => waiting.abort(), pause)
    const done = once(this.#signals, name, { signal: waiting.signal }).then(
      () => clearTimeout(timer),
      () => clearTimeout(timer),
    )
    return { done, cancel: () => waiting.abort() }
  }
}
