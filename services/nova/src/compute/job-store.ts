import { mkdirSync, readdirSync, statSync } from 'node:fs'
import { join } from 'node:path'
import type { Job } from '../jobs-protocol.ts'
import { readRecord, removeRecord, writeRecord } from '../record-file.ts'

interface OperationRecord {
  /** The highest attempt seen. */
  attempt: number
  /** Finished jobs by step. */
  jobs: Record<string, Job>
  /** How the jobs ended whose results were forgotten. */
  ended?: Record<string, Job>
}

/** What the agent remembers of operations: one file each, replaced in one step. */
export class JobStore {
  readonly #directory: string

  constructor(stateDirectory: string) {
    this.#directory = join(stateDirectory, 'operations')
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
  }

  /** The highest attempt seen; 0: none. */
  attempt(operation: string): number {
    return this.#read(operation).attempt
  }

  /** How a job ended, last time. */
  job(operation: string, step: string): Job | undefined {
    const { jobs, ended = {} } = this.#read(operation)
    return own(jobs, step) ?? own(ended, step)
  }

  /** Notes an attempt that is not lower than the one known. */
  setAttempt(operation: string, attempt: number): void {
    const record = this.#read(operation)
    if (record.attempt !== attempt) this.#write(operation, { ...record, attempt })
  }

  setJob(operation: string, step: string, job: Job): void {
    const record = this.#read(operation)
    this.#write(operation, { ...record, jobs: { ...record.jobs, [step]: job } })
  }

  /**
   * Keeps the attempt, and that the jobs have ended: neither a conductor that comes too late nor a call that was long under
   * way starts them again.
   */
  forgetJobs(operation: string): void {
    const { attempt, jobs, ended } = this.#read(operation)
    const now = Object.entries(jobs).map(([step, job]) => [step, withoutResult(job)])
    this.#write(operation, { attempt, jobs: {}, ended: { ...ended, ...Object.fromEntries(now) } })
  }

  /** Operations of which nothing has changed since then. */
  unchangedSince(then: Date): string[] {
    return readdirSync(this.#directory)
      .filter((name) => statSync(join(this.#directory, name)).mtime < then)
      .map((name) => name.replace(/\.json(\.new)?$/, ''))
  }

  remove(operation: string): void {
    removeRecord(this.#file(operation))
  }

  #read(operation: string): OperationRecord {
    return { attempt: 0, jobs: {}, ...readRecord(this.#file(operation)) }
  }

  #write(operation: string, record: OperationRecord): void {
    writeRecord(this.#file(operation), record)
  }

  #file(operation: string): string {
    return join(this.#directory, `${operation}.json`)
  }
}

function withoutResult({ state, error }: Job): Job {
  return error ? { state, error: { ...error, terminal: true } } : { state, result: {} }
}

function own<T>(record: Record<string, T>, name: string): T | undefined {
  return Object.hasOwn(record, name) ? record[name] : undefined
}
