import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import type { Job } from '../jobs-protocol.ts'

interface OperationRecord {
  /** The highest attempt seen. */
  attempt: number
  /** Finished jobs by step. */
  jobs: Record<string, Job>
}

/** What the agent remembers of operations: one file each, replaced in one step. */
export class JobStore {
  readonly #directory: string

  constructor(stateDirectory: string) {
    this.#directory = join(stateDirectory, 'operations')
    mkdirSync(this.#directory, { recursive: true, mode: 0o700 })
  }

  read(operation: string): OperationRecord {
    const file = this.#file(operation)
    return existsSync(file)
      ? (JSON.parse(readFileSync(file, 'utf8')) as OperationRecord)
      : { attempt: 0, jobs: {} }
  }

  /** Notes an attempt that is not lower than the one known. */
  setAttempt(operation: string, attempt: number): void {
    const record = this.read(operation)
    if (record.attempt !== attempt) this.#write(operation, { ...record, attempt })
  }

  setJob(operation: string, step: string, job: Job): void {
    const { attempt, jobs } = this.read(operation)
    this.#write(operation, { attempt, jobs: { ...jobs, [step]: job } })
  }

  /** Keeps the attempt: a conductor that comes too late is still told so. */
  forgetJobs(operation: string): void {
    const { attempt } = this.read(operation)
    this.#write(operation, { attempt, jobs: {} })
  }

  /** Removes what has not changed since then: no conductor is that late. */
  purge(before: Date): void {
    for (const name of readdirSync(this.#directory)) {
      const file = join(this.#directory, name)
      if (statSync(file).mtime < before) rmSync(file)
    }
  }

  #write(operation: string, record: OperationRecord): void {
    const file = this.#file(operation)
    writeFileSync(`${file}.new`, JSON.stringify(record), { mode: 0o600 })
    renameSync(`${file}.new`, file)
  }

  #file(operation: string): string {
    return join(this.#directory, `${operation}.json`)
  }
}
