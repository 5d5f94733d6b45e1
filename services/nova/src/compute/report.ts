import type { Logger } from '@longhaul/oslo/log'
import { agentProtocol } from '../jobs-protocol.ts'
import type { VirtDriver } from '../virt/driver.ts'
import type { Capacity, HostFacts } from './host-facts.ts'
import type { Jobs } from './jobs.ts'

/** As much of an HTTP client as is needed; its paths are relative to nova-api's internal interface. */
export interface InternalApi {
  put(path: string, options: { json: unknown; timeout?: number }): Promise<unknown>
}

/** Runs something once after a while. @returns what prevents that */
export type Schedule = (work: () => void, milliseconds: number) => () => void

export interface ReporterOptions {
  host: string
  /** Where conductors reach this agent. */
  url: () => string
  /** Milliseconds from one report's end to the next one's start; asked after each report. */
  interval: () => number
  api: InternalApi
  driver: Pick<VirtDriver, 'list'>
  jobs: Pick<Jobs, 'list'>
  capacity: () => Capacity
  facts: () => HostFacts
  logger: Logger
  schedule?: Schedule
  /** Monotonic, in milliseconds. */
  clock?: () => number
}

const answerSeconds = 10

/** Tells nova-api again and again that the host lives, and what runs on it. */
export class Reporter {
  readonly #options: ReporterOptions
  #accepted: boolean | undefined
  #cancel = () => {}
  #stopped = false

  constructor(options: ReporterOptions) {
    this.#options = options
  }

  /** Reports now and from then on. */
  start(): void {
    void this.#turn()
  }

  stop(): void {
    this.#stopped = true
    this.#cancel()
  }

  /** One report. A failure is logged once, and once more when it is over; the next report is the retry. */
  async report(): Promise<void> {
    const { host, url, api, driver, jobs, capacity, facts, logger } = this.#options
    const { clock = performance.now.bind(performance) } = this.#options
    try {
      const began = clock()
      const guests = await driver.list()
      const json = {
        url: url(),
        protocol: agentProtocol,
        capacity: capacity(),
        hypervisor: facts(),
        guests,
        jobs: jobs.list(),
        age_ms: Math.ceil(clock() - began),
      }
      await api.put(`/internal/v1/hosts/${encodeURIComponent(host)}`, { json, timeout: answerSeconds })
      if (this.#accepted !== true) logger.info({ host }, 'nova-api takes the reports')
      this.#accepted = true
    } catch (error) {
      if (this.#accepted !== false) logger.warn({ host, err: error }, 'nova-api does not take the reports')
      this.#accepted = false
    }
  }

  async #turn(): Promise<void> {
    await this.report()
    if (this.#stopped) return
    const { schedule = later, interval } = this.#options
    this.#cancel = schedule(() => void this.#turn(), interval())
  }
}

const later: Schedule = (work, milliseconds) => {
  const timer = setTimeout(work, milliseconds)
  return () => clearTimeout(timer)
}
