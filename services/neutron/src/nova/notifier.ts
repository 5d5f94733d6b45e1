import type { Logger } from '@longhaul/oslo/log'
import type { NovaEvent } from './event.ts'

/** What nova said of events. `later`: it could not be asked, or failed. */
export type Delivery = { kind: 'answered'; refused: NovaEvent[] } | { kind: 'later'; cause: unknown }

/** Runs something once after a while. @returns what prevents that */
type Schedule = (work: () => void, milliseconds: number) => () => void

export interface NotifierOptions {
  /** Sends a batch. Never throws. */
  deliver: (events: readonly NovaEvent[]) => Promise<Delivery>
  /** Milliseconds in which events are gathered; read at each use. */
  interval: () => number
  logger: Logger
  schedule?: Schedule
}

/** Events that wait at most; the oldest are given up for newer ones. */
const maxQueued = 10_000
/** Of a batch. */
const maxBatch = 500
/** Between two tries while nova is away, in milliseconds. */
const maxPause = 30_000

/**
 * Sends events to nova in batches. While nova is away they wait and are sent again; those that nova refuses, and those that
 * are too many, are logged.
 */
export class Notifier {
  readonly #options: NotifierOptions
  readonly #queue: NovaEvent[] = []
  #cancel: (() => void) | undefined
  #sending: Promise<void> | undefined
  #failures = 0

  constructor(options: NotifierOptions) {
    this.#options = options
  }

  send(event: NovaEvent): void {
    const isWaiting = this.#queue.some((one) => JSON.stringify(one) === JSON.stringify(event))
    // The order of different events of a port is kept, so only one that came last may be left out.
    if (
      isWaiting &&
      JSON.stringify(this.#queue.findLast((one) => one.tag === event.tag)) === JSON.stringify(event)
    )
      return
    this.#queue.push(event)
    if (this.#queue.length > maxQueued) {
      this.#options.logger.error(
        { event: this.#queue.shift() },
        'an event for nova is given up: too many wait',
      )
    }
    this.#plan(this.#options.interval())
  }

  /** Tries once more to send what waits; what nova does not take is logged and lost. */
  async stop(): Promise<void> {
    this.#cancel?.()
    await this.#sending
    await this.#flush()
    this.#cancel?.()
    const { length } = this.#queue
    if (length > 0) this.#options.logger.error({ events: this.#queue }, 'events for nova are lost')
  }

  #plan(milliseconds: number): void {
    if (this.#cancel || this.#sending) return
    const { schedule = later } = this.#options
    this.#cancel = schedule(() => {
      this.#cancel = undefined
      void this.#flush()
    }, milliseconds)
  }

  async #flush(): Promise<void> {
    this.#sending = this.#deliver()
    await this.#sending
    this.#sending = undefined
    if (this.#queue.length === 0) return
    const interval = this.#options.interval()
    this.#plan(this.#failures === 0 ? interval : Math.min(interval * 2 ** this.#failures, maxPause))
  }

  async #deliver(): Promise<void> {
    const { deliver, logger } = this.#options
    while (this.#queue.length > 0) {
      const batch = this.#queue.slice(0, maxBatch)
      const delivery = await deliver(batch)
      if (delivery.kind === 'later') {
        if (this.#failures++ === 0)
          logger.warn({ err: delivery.cause, waiting: this.#queue.length }, 'nova takes no events')
        return
      }
      if (this.#failures > 0) logger.info('nova takes events again')
      this.#failures = 0
      this.#queue.splice(0, batch.length)
      for (const event of delivery.refused) logger.warn({ event }, 'nova refused an event')
    }
  }
}

const later: Schedule = (work, milliseconds) => {
  const timer = setTimeout(work, milliseconds)
  return () => clearTimeout(timer)
}
