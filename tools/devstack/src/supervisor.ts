import { join } from 'node:path'
import { failuresOf, forgetFailures, writeFailures } from './failures.ts'
import {
  forgetProcessRecord,
  isAlive,
  readProcessRecord,
  startDetached,
  stopProcess,
  writeProcessRecord,
  type ProcessRecord,
} from './processes.ts'
import type { ServiceDefinition } from './services.ts'

/** What the supervisor needs of the world. */
export interface SupervisorOptions {
  services: readonly ServiceDefinition[]
  runDirectory: string
  logDirectory: string
  log(event: Record<string, unknown>): void
  /** Milliseconds since any fixed point; a parameter so that tests own the time. */
  now(): number
}

interface Watched {
  definition: ServiceDefinition
  record: ProcessRecord | undefined
  /** Deaths in a row that came soon after a start. */
  failures: number
  startedAt: number
  /** Not started again before this time. */
  notBefore: number
}

const steadyAfterMilliseconds = 10_000
const longestBackOffMilliseconds = 15_000

/**
 * Keeps the services of a cloud running. A process that lives is adopted, also one of an earlier supervisor; a dead one
 * is started again, with a growing pause when it keeps dying.
 */
export class Supervisor {
  readonly #options: SupervisorOptions
  readonly #watched: Watched[]

  constructor(options: SupervisorOptions) {
    this.#options = options
    this.#watched = options.services.map((definition) => ({
      definition,
      record: readProcessRecord(options.runDirectory, definition.name),
      failures: failuresOf(options.runDirectory, definition.name),
      startedAt: options.now(),
      notBefore: 0,
    }))
  }

  /** Looks at every service once and starts the dead ones whose pause is over. */
  async round(): Promise<void> {
    for (const watched of this.#watched) {
      if (isAlive(watched.record)) {
        this.#noteLife(watched)
        continue
      }
      if (watched.record) this.#noteDeath(watched)
      if (this.#options.now() >= watched.notBefore) await this.#start(watched)
    }
  }

  #noteLife(watched: Watched): void {
    if (watched.failures === 0 || this.#options.now() - watched.startedAt < steadyAfterMilliseconds) return
    watched.failures = 0
    forgetFailures(this.#options.runDirectory, watched.definition.name)
  }

  #noteDeath(watched: Watched): void {
    const lived = this.#options.now() - watched.startedAt
    watched.failures = lived < steadyAfterMilliseconds ? watched.failures + 1 : 0
    writeFailures(this.#options.runDirectory, watched.definition.name, watched.failures)
    // The first restart is at once: a service that was asked to restart is not a failing one.
    const pause =
      watched.failures <= 1 ? 0 : Math.min(250 * 2 ** watched.failures, longestBackOffMilliseconds)
    watched.notBefore = this.#options.now() + pause
    watched.record = undefined
    this.#options.log({
      event: 'service_ended',
      service: watched.definition.name,
      lived_ms: Math.round(lived),
      pause_ms: pause,
    })
  }

  async #start(watched: Watched): Promise<void> {
    const { definition } = watched
    watched.startedAt = this.#options.now()
    try {
      watched.record = await startDetached(
        definition.command,
        join(this.#options.logDirectory, `${definition.name}.log`),
      )
      writeProcessRecord(this.#options.runDirectory, definition.name, watched.record)
      this.#options.log({ event: 'service_started', service: definition.name, process: watched.record.pid })
    } catch (error) {
      watched.failures += 1
      writeFailures(this.#options.runDirectory, definition.name, watched.failures)
      watched.notBefore = this.#options.now() + longestBackOffMilliseconds
      this.#options.log({
        event: 'service_not_started',
        service: definition.name,
        reason: (error as Error).message,
      })
    }
  }

  /** Ends all services, the last started first. */
  async stopAll(): Promise<void> {
    for (const { definition, record } of this.#watched.toReversed()) {
      if (record) await stopProcess(record, { signal: definition.stopSignal ?? 'SIGTERM' })
      forgetProcessRecord(this.#options.runDirectory, definition.name)
      forgetFailures(this.#options.runDirectory, definition.name)
      this.#options.log({ event: 'service_stopped', service: definition.name })
    }
  }
}
