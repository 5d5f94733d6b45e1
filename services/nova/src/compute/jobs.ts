import { EventEmitter, once } from 'node:events'
import type { Logger } from '@longhaul/oslo/log'
import type { Job, JobKind, JobRequest, JobRequestOf, Progress } from '../jobs-protocol.ts'
import { DriverError } from '../virt/driver.ts'
import { jobChannel, type JobPoint } from './job-channel.ts'
import { jobError } from './job-error.ts'
import type { JobStore } from './job-store.ts'

/** What a job works with. */
export interface Work<K extends JobKind = JobKind> {
  operation: string
  step: string
  request: JobRequestOf<K>
  signal: AbortSignal
  progress: (done: number, total: number, parts?: Pick<Progress, 'memory' | 'disk'>) => void
}

/** Does the work of a kind; safe to run again after a crash in its middle. */
export type Worker<K extends JobKind = JobKind> = (work: Work<K>) => Promise<Record<string, unknown>>
export type Workers = { [K in JobKind]: Worker<K> }

/** A conductor that has been replaced: its attempt is lower than one seen before. */
export class StaleAttempt extends Error {
  readonly code = 'stale_attempt'
}

interface Running {
  operation: string
  step: string
  server: string
  kind: JobKind
  job: Job
  abort: AbortController
  /** Emits `end`, and `release` when those who wait should go. */
  signs: EventEmitter
}

export interface JobsOptions {
  store: JobStore
  workers: Workers
  /** Gives up what a job of an earlier agent has left running; nobody works for it now. */
  abandon: (operation: string) => Promise<void>
  logger: Logger
}

/**
 * The jobs of a host. A job is joined when it runs, answered from its record when it is finished, and started otherwise,
 * so a conductor may ask for it as often as it likes.
 */
export class Jobs {
  readonly #options: JobsOptions
  readonly #running = new Map<string, Running>()
  #stopped = false

  constructor(options: JobsOptions) {
    this.#options = options
  }

  /**
   * @param waitMilliseconds how long to wait for the job's end
   * @throws StaleAttempt
   */
  async attachOrStart(
    operation: string,
    step: string,
    request: JobRequest,
    waitMilliseconds: number,
  ): Promise<Job> {
    this.fence(operation, request.attempt)
    const known = this.#running.get(keyOf(operation, step))
    const finished = known ? undefined : this.#options.store.job(operation, step)
    if (finished && isFinal(finished)) return finished
    // The next agent will start it: the caller asks again.
    if (!known && this.#stopped) return { state: 'running' }
    const running = known ?? this.#start(operation, step, request)
    if (running.job.state === 'running' && waitMilliseconds > 0 && !this.#stopped) {
      const enough = AbortSignal.timeout(waitMilliseconds)
      await once(running.signs, 'release', { signal: enough }).catch(() => {})
    }
    return running.job
  }

  /** Notes an attempt. @throws StaleAttempt when a higher one was seen */
  fence(operation: string, attempt: number): void {
    const known = this.#options.store.attempt(operation)
    if (attempt < known) {
      throw new StaleAttempt(`attempt ${attempt} of operation ${operation} was replaced by attempt ${known}`)
    }
    this.#options.store.setAttempt(operation, attempt)
  }

  /**
   * Ends a job and what belongs to it; it stays cancelled, also when it had not begun or could have been tried again. What
   * is done stays done. May be repeated.
   */
  async cancel(operation: string, step: string): Promise<void> {
    const running = this.#running.get(keyOf(operation, step))
    if (running) {
      const ended = once(running.signs, 'end')
      running.abort.abort()
      await ended
    }
    const { store, abandon } = this.#options
    const known = store.job(operation, step)
    if (known?.state === 'done') return
    // Written first: a call to start the job may still be under way.
    if (!known || !isFinal(known)) {
      store.setJob(operation, step, { state: 'failed', error: jobError(cancelled()) })
    }
    await abandon(operation)
  }

  /** Stops the jobs of an operation and forgets their results and what they left. */
  async forget(operation: string): Promise<void> {
    const own = [...this.#running.values()].filter((running) => running.operation === operation)
    await Promise.all(own.map(({ step }) => this.cancel(operation, step)))
    await this.#options.abandon(operation)
    this.#options.store.forgetJobs(operation)
  }

  /** What runs now, for the report. */
  list(): { operation: string; step: string; state: string; progress?: Job['progress'] }[] {
    return [...this.#running.values()].map(({ operation, step, job }) => ({
      operation,
      step,
      state: job.state,
      ...(job.progress ? { progress: job.progress } : {}),
    }))
  }

  /**
   * Before the process ends: answers those who wait, and breaks off what would end with the process. Nothing of it is
   * recorded, so the next agent begins again; a backup or a migration goes on inside QEMU and is joined.
   */
  stop(): void {
    this.#stopped = true
    for (const { kind, abort, signs } of this.#running.values()) {
      signs.emit('release')
      if (!insideQemu.has(kind)) abort.abort()
    }
  }

  #start(operation: string, step: string, request: JobRequest): Running {
    const running: Running = {
      operation,
      step,
      server: request.server,
      kind: request.kind,
      job: { state: 'running' },
      abort: new AbortController(),
      signs: new EventEmitter().setMaxListeners(0),
    }
    this.#running.set(keyOf(operation, step), running)
    void this.#run(request, running)
    return running
  }

  /** What another operation has begun, and could not be told to end, must not make a machine that was destroyed. */
  async #endOthers(server: string): Promise<void> {
    const others = [...this.#running.values()].filter(
      (one) => one.server === server && one.kind !== 'destroy',
    )
    await Promise.all(others.map(({ operation, step }) => this.cancel(operation, step)))
  }

  async #run(request: JobRequest, running: Running): Promise<void> {
    const { operation, step, job, abort, signs } = running
    const { store, workers, logger } = this.#options
    const worker = workers[request.kind] as Worker
    const about = { operation, step, server: request.server }
    const tell = (at: JobPoint['at']) => {
      const { server, kind } = request
      if (jobChannel.hasSubscribers) jobChannel.publish({ operation, server, kind, at } satisfies JobPoint)
    }
    const progress: Work['progress'] = (done, total, parts = {}) => {
      job.progress = { done, total, ...parts }
      if (done > 0 && done < total) tell('progress')
    }
    try {
      tell('begin')
      if (request.kind === 'destroy') await this.#endOthers(request.server)
      job.result = await worker({ operation, step, request, signal: abort.signal, progress })
      tell('done')
      job.state = 'done'
    } catch (error) {
      const forGood = error instanceof DriverError && error.terminal
      const cause = abort.signal.aborted && !forGood ? cancelled(error) : error
      job.state = 'failed'
      job.error = jobError(cause)
      logger.warn({ ...about, err: cause, terminal: job.error.terminal }, 'job failed')
    }
    try {
      if (job.state === 'done' || !this.#stopped) store.setJob(operation, step, job)
    } catch (error) {
      // Asked for again it runs again, and finds what is done.
      logger.error({ ...about, err: error }, 'the outcome of a job could not be recorded')
    }
    this.#running.delete(keyOf(operation, step))
    signs.emit('release')
    signs.emit('end')
  }
}

/** Work that goes on without the agent. */
const insideQemu: ReadonlySet<JobKind> = new Set(['backup', 'migrate', 'finish_migration'])

/** A job that is not started again. */
function isFinal({ state, error }: Job): boolean {
  return state === 'done' || error?.terminal === true
}

function keyOf(operation: string, step: string): string {
  return `${operation}/${step}`
}

function cancelled(cause?: unknown): DriverError {
  return new DriverError('job_cancelled', 'the job was cancelled', { cause })
}
