import { HttpError, NotFound, isRetriable } from '@longhaul/keystoneauth'
import type { Job, JobKind, JobParams, PowerState, Progress } from '../jobs-protocol.ts'
import type { Machine } from '../migration-protocol.ts'
import { StaleAttempt, TerminalError, TransientError } from './failure.ts'

/** As much of an HTTP client as is needed; its paths are relative to the agent, its errors keystoneauth's. */
export interface AgentHttp {
  get(path: string): Promise<{ json<T>(): Promise<T> }>
  put(path: string, options: { json: unknown }): Promise<{ json<T>(): Promise<T> }>
  delete(path: string): Promise<unknown>
}

export interface JobCall<K extends JobKind> {
  step: string
  kind: K
  server: string
  params: JobParams[K]
  /** Sealed for the agent's host. */
  context?: string
}

/** Seconds that the agent holds an answer back; a wish of the user waits no longer than this. */
const waitSeconds = 2

/** A host's agent, for one operation in one attempt. */
export class AgentClient {
  readonly #http: AgentHttp
  readonly #operation: string
  readonly #attempt: number

  constructor(http: AgentHttp, operation: { id: string; attempt: number }) {
    this.#http = http
    this.#operation = operation.id
    this.#attempt = operation.attempt
  }

  /**
   * Attaches to a job or starts it, and waits for its end.
   *
   * @param call what to do; the same step of the same operation is the same job
   * @param checkWish called between two answers with how far the job is; what it throws cancels the job. Default: nobody wishes anything
   * @returns the job's result
   * @throws TerminalError with the agent's code; TransientError; StaleAttempt
   */
  async job<K extends JobKind>(
    call: JobCall<K>,
    checkWish: (progress?: Progress) => Promise<void> = async () => {},
  ): Promise<Record<string, unknown>> {
    const { step, ...body } = call
    const path = `/v1/jobs/${this.#operation}/${step}`
    for (;;) {
      const answer = await this.#fenced(() =>
        this.#http.put(`${path}?wait=${waitSeconds}`, { json: { attempt: this.#attempt, ...body } }),
      )
      const { job } = await answer.json<{ job: Job }>()
      if (job.state === 'done') return job.result ?? {}
      if (job.state === 'failed') throw failedJob(job)
      await this.#unlessCancelled(path, () => checkWish(job.progress))
    }
  }

  /** Makes the agent forget the operation, its jobs and temporary files. */
  async forget(): Promise<void> {
    await this.#fenced(() => this.#http.delete(`/v1/operations/${this.#operation}?attempt=${this.#attempt}`))
  }

  async powerState(server: string): Promise<PowerState> {
    try {
      const answer = await this.#http.get(`/v1/guests/${server}`)
      return (await answer.json<{ guest: { power_state: PowerState } }>()).guest.power_state
    } catch (error) {
      if (error instanceof NotFound) return 'absent'
      throw unreachable(error)
    }
  }

  /** The machine of a server, for another host. @throws TerminalError if it cannot be moved as it is; TransientError */
  async machine(server: string): Promise<Machine> {
    try {
      const answer = await this.#http.get(`/v1/guests/${server}/machine`)
      return (await answer.json<{ machine: Machine }>()).machine
    } catch (error) {
      if (error instanceof HttpError && (error.status === 404 || error.status === 409)) {
        throw new TerminalError('guest_not_movable', error.message, { cause: error })
      }
      throw unreachable(error)
    }
  }

  async #unlessCancelled(path: string, checkWish: () => Promise<void>): Promise<void> {
    try {
      await checkWish()
    } catch (error) {
      if (error instanceof TerminalError) {
        await this.#fenced(() => this.#http.delete(`${path}?attempt=${this.#attempt}`))
      }
      throw error
    }
  }

  async #fenced<T>(call: () => Promise<T>): Promise<T> {
    try {
      return await call()
    } catch (error) {
      if (error instanceof HttpError && error.status === 409) throw new StaleAttempt({ cause: error })
      throw unreachable(error)
    }
  }
}

function failedJob(job: Job): Error {
  const { code = 'job_failed', message = 'the job failed', terminal = true } = job.error ?? {}
  const status = /^http_(\d{3})$/.exec(code)?.[1]
  // The agent names the URL it asked; users are told who refused.
  const told =
    status === undefined
      ? message
      : `${status} from glance: ${message.replace(/^\d{3} for [A-Z]+ \S+: /, '')}`
  return terminal ? new TerminalError(code, told) : new TransientError(code, told)
}

function unreachable(error: unknown): unknown {
  if (!isRetriable(error)) return error
  return new TransientError('agent_unreachable', 'the host agent did not answer', { cause: error })
}
