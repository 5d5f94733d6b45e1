import { setTimeout as delay } from 'node:timers/promises'
import type { Logger } from '@longhaul/oslo/log'
import type { Links } from './links.ts'
import type { AgentReport, NetworkServer, Wanted } from './network-server.ts'
import type { Switch } from './switch.ts'

export interface L2AgentOptions {
  host: string
  server: Pick<NetworkServer, 'report' | 'ports'>
  switch: Switch
  links: Links
  /** What reports say besides what is wired. */
  place: () => Omit<AgentReport, 'plugged'>
  /** Milliseconds between two reports; asked after each. */
  interval: () => number
  logger: Logger
}

/** Seconds for which the server may keep a request for changes, and while there is a port that could not be wired. */
const longWait = 30
const shortWait = 2
/** Milliseconds before the server is asked again after a failure, and at most, as they double. */
const firstPause = 250
const longestPause = 10_000
/** The same until the agent has begun, as guests of the host wait for it. */
const longestPauseAtFirst = 500

/** Wires what the server says is bound to this host, and tells it what is wired. What is wired stays while the server is away. */
export class L2Agent {
  readonly #options: L2AgentOptions
  readonly #stop = new AbortController()
  readonly #loops: Promise<void>[] = []
  #running: Promise<void> = Promise.resolve()
  #waiting: Promise<void> | undefined
  #isHeard: boolean | undefined

  constructor(options: L2AgentOptions) {
    this.#options = options
  }

  /** Begins, and waits until what is bound to the host is wired and the server knows it: for as long as that is away. */
  async start(): Promise<void> {
    const { promise: wired, resolve } = Promise.withResolvers<void>()
    this.#loops.push(this.#follow(resolve))
    await wired
    while (!this.#isHeard) {
      await this.#pause(longestPauseAtFirst)
      if (this.#stop.signal.aborted) return
      await this.#report()
    }
    this.#loops.push(this.#keepReporting())
  }

  async stop(): Promise<void> {
    this.#stop.abort()
    await Promise.all(this.#loops)
    await this.#running
  }

  /** Reports what is wired by then; reports never overtake each other. */
  #report(): Promise<void> {
    // One that has not begun yet will say it.
    this.#waiting ??= this.#running.then(() => {
      this.#waiting = undefined
      this.#running = this.#send()
      return this.#running
    })
    return this.#waiting
  }

  /** A failure is logged once, and once more when it is over; the next report is the retry. */
  async #send(): Promise<void> {
    const { server, place, logger, host } = this.#options
    try {
      await server.report({ ...place(), plugged: this.#options.switch.wired }, this.#stop.signal)
      if (this.#isHeard !== true) logger.info({ host }, 'neutron-server takes the reports')
      this.#isHeard = true
    } catch (error) {
      if (this.#stop.signal.aborted) return
      if (this.#isHeard !== false)
        logger.warn({ host, err: error }, 'neutron-server does not take the reports')
      this.#isHeard = false
    }
  }

  async #keepReporting(): Promise<void> {
    for (;;) {
      await this.#pause(this.#options.interval())
      if (this.#stop.signal.aborted) return
      this.#options.switch.verifyGuests()
      await this.#report()
    }
  }

  async #follow(onWired: () => void): Promise<void> {
    const { server, host, logger } = this.#options
    const { signal } = this.#stop
    let version = 0
    let wait = 0
    let pause = 0
    while (!signal.aborted) {
      try {
        const wanted = await server.ports(version, wait, signal)
        if (pause > 0) logger.info({ host }, 'neutron-server says again what to wire')
        pause = 0
        const isOther = await this.#wire(wanted)
        // The first report is made now and not before: what an earlier process has wired would seem to be lost. And the
        // server hears what is wired before it hears, by the next request, that all of it is.
        if (isOther || this.#isHeard === undefined) await this.#report()
        version = wanted.version
        const isWhole = this.#options.switch.wired.length === wanted.ports.length
        wait = isWhole ? longWait : shortWait
        onWired()
      } catch (error) {
        if (signal.aborted) break
        if (pause === 0) logger.warn({ host, err: error }, 'neutron-server does not say what to wire')
        pause = Math.min(pause * 2 || firstPause, this.#isHeard ? longestPause : longestPauseAtFirst)
        await this.#pause(pause)
      }
    }
    onWired()
  }

  /** @returns whether other ports are wired than before */
  async #wire({ ports, peers }: Wanted): Promise<boolean> {
    const { links } = this.#options
    links.want(peers)
    const before = new Set(this.#options.switch.wired)
    await this.#options.switch.wire(ports)
    return before.symmetricDifference(new Set(this.#options.switch.wired)).size > 0
  }

  async #pause(milliseconds: number): Promise<void> {
    await delay(milliseconds, undefined, { signal: this.#stop.signal }).catch(() => {})
  }
}
