import { setTimeout as pause } from 'node:timers/promises'
import { isTransientDatabaseError } from '@longhaul/oslo/db'
import type { Logger } from '@longhaul/oslo/log'
import { failureOf, Interrupted, isTransient, StaleAttempt, type Failure } from './failure.ts'
import type { AnyOperation, Run, Step, Undo } from './operation.ts'
import type { RunningOperation } from './running-operation.ts'
import { stepChannel, type StepPoint } from './step-channel.ts'
import type { OperationStore } from './store.ts'

/** Runs a piece of work at most once to its end: what it returned is kept and given back when the workflow is resumed. */
export type Checkpoint = <T>(name: string, work: () => Promise<T>) => Promise<T>

/** An operation with its executor's view of it. */
export type MakeRun = (operation: RunningOperation) => Omit<Run<unknown>, 'checkWish' | 'log'>

export interface Runner {
  operations: readonly AnyOperation[]
  store: OperationStore
  makeRun: MakeRun
  checkpoint: Checkpoint
  logger: Logger
  /** How long a step is repeated while another service is away, in milliseconds. */
  retryForMs: () => number
  /** The same for undoing, after which what is left over is listed. */
  undoForMs: number
  /** Monotonic, in milliseconds. */
  clock?: () => number
  sleep?: (ms: number) => Promise<unknown>
}

type Facts = Record<string, unknown>
/** What is kept of a step. A failure is a value: an error would lose its class when it is read back. */
type Outcome = { ok: true; facts: Facts } | { ok: false; failure: Failure }

const shortestPauseMs = 200
const longestPauseMs = 5000

/**
 * Executes an operation, or goes on with it where the last execution stopped: its steps in order; after a terminal failure
 * what undoes the begun steps, latest first, and then its last transaction.
 *
 * Everything that decides the way is read from checkpoints, so that every execution takes the same way.
 *
 * @throws StaleAttempt when another execution has taken over; an engine that hands executions over takes no outcome from one
 *   that was replaced
 */
export async function runOperation(runner: Runner, id: string): Promise<'done' | 'failed' | 'ended'> {
  const begun = await whileDisconnected(runner, () => runner.store.begin(id))
  if (!begun) return 'ended'
  const definition = runner.operations.find(({ kind }) => kind === begun.kind)
  if (!definition) throw new Error(`operation ${id} is of the unknown kind ${begun.kind}`)
  const execution = new Execution(runner, definition, begun)
  return await Promise.race([execution.toTheEnd(), execution.replaced.promise])
}

class Execution {
  readonly #runner: Runner
  readonly #definition: AnyOperation
  readonly #operation: RunningOperation
  readonly #run: Run<unknown>
  #facts: Facts = {}
  /** When a step last heard from whom it waits for. */
  #heardAt = 0
  /** Rejected when another execution has taken over. */
  readonly replaced = Promise.withResolvers<never>()

  constructor(runner: Runner, definition: AnyOperation, operation: RunningOperation) {
    this.#runner = runner
    this.#definition = definition
    this.#operation = operation
    const about = { operation: operation.id, server: operation.serverId, attempt: operation.attempt }
    this.#run = {
      ...runner.makeRun(operation),
      checkWish: async () => {
        this.#heardAt = this.#clock()
        await this.#checkWish()
      },
      log: (fields, message) => runner.logger.info({ ...about, kind: operation.kind, ...fields }, message),
    }
  }

  async toTheEnd(): Promise<'done' | 'failed'> {
    this.#run.log({}, 'operation begins')
    const begun: Step<unknown, Facts>[] = []
    for (const step of this.#definition.steps) {
      if (step.when?.(this.#facts) === false) continue
      begun.push(step)
      const outcome = await this.#kept(step.name, () => this.#step(step))
      if (!outcome.ok) {
        await this.#undo(begun, outcome.failure)
        return 'failed'
      }
      this.#facts = { ...this.#facts, ...outcome.facts }
    }
    this.#run.log({}, 'operation done')
    return 'done'
  }

  /** A piece of work under a checkpoint. */
  async #kept<T>(name: string, work: () => Promise<T>): Promise<T> {
    const outcome = await this.#runner.checkpoint(name, () =>
      this.#forever(async () => {
        this.#tell(name, 'begin')
        const result = await work()
        this.#tell(name, 'done')
        return result
      }),
    )
    this.#tell(name, 'kept')
    return outcome
  }

  #tell(step: string, at: StepPoint['at']): void {
    const { id: operation, kind, serverId: server, attempt } = this.#operation
    if (stepChannel.hasSubscribers) {
      stepChannel.publish({ operation, kind, server, attempt, step, at } satisfies StepPoint)
    }
  }

  async #step(step: Step<unknown, Facts>): Promise<Outcome> {
    const { store } = this.#runner
    const host = typeof this.#facts['host'] === 'string' ? this.#facts['host'] : null
    for (const event of [this.#definition.event, step.name]) {
      await whileDisconnected(this.#runner, () => store.startEvent(this.#operation, event, host))
    }
    const limit = step.untilDone ? Infinity : this.#runner.retryForMs()
    const work = async () => (await step.do(this.#run, this.#facts)) ?? {}
    const noWayBack = async () => (await step.noWayBack?.(this.#run, this.#facts)) === true
    const outcome = await this.#repeat(limit, work, { interruptible: !step.uninterruptible, noWayBack })
    const failure = outcome.ok ? undefined : outcome.failure
    await whileDisconnected(this.#runner, () => store.finishEvent(this.#operation, step.name, failure))
    this.#run.log({ step: step.name, failure: failure?.message }, failure ? 'step failed' : 'step done')
    return outcome
  }

  async #undo(begun: readonly Step<unknown, Facts>[], failure: Failure): Promise<void> {
    this.#run.log({ code: failure.code, reason: failure.message }, 'operation is undone')
    const undos = begun.toReversed().flatMap((step) => step.undo ?? [])
    for (const undo of undos) {
      await this.#kept(`undo ${undo.name}`, () => this.#undoOne(undo, failure))
    }
    const { reset } = this.#definition
    await this.#kept(reset.name, async () => {
      const outcome = await this.#repeat(Infinity, async () => {
        await reset.do(this.#run, this.#facts, failure)
        return {}
      })
      // Kept as an error of the engine, so that the operation is executed again: without this step its server stays locked.
      if (!outcome.ok)
        throw new Error(`${reset.name} of operation ${this.#operation.id}: ${outcome.failure.message}`)
    })
    this.#run.log({ reason: failure.message }, 'operation failed')
  }

  async #undoOne(undo: Undo<unknown, Facts>, failure: Failure): Promise<void> {
    const limit = undo.untilDone ? Infinity : this.#runner.undoForMs
    const outcome = await this.#repeat(limit, async () => {
      await undo.do(this.#run, this.#facts, failure)
      return {}
    })
    if (outcome.ok) {
      this.#run.log({ step: undo.name }, 'undone')
      return
    }
    const left = undo.leftover?.(this.#run, this.#facts)
    const reason = outcome.failure.message
    this.#run.log({ step: undo.name, reason, left }, 'not undone')
    if (left) {
      await whileDisconnected(this.#runner, () => this.#runner.store.leave(this.#operation, left, reason))
    }
  }

  /**
   * Repeats while what fails may pass, but for a limited time, which counts from when the other side was last heard: work may
   * take hours before it fails. A database that is away is waited for without an end.
   *
   * @param how.interruptible whether wishes of the user end it. Default: no
   * @param how.noWayBack whether it can only go on, and is repeated without an end. Default: never
   */
  async #repeat(
    limitMs: number,
    work: () => Promise<Facts>,
    how: { interruptible?: boolean; noWayBack?: () => Promise<boolean> } = {},
  ): Promise<Outcome> {
    const { interruptible = false, noWayBack = async () => false } = how
    const waits = pauses()
    this.#heardAt = this.#clock()
    for (;;) {
      try {
        // One that was replaced begins nothing more, also what asks nobody who knows of attempts.
        if (interruptible && !(await noWayBack())) await this.#checkWish()
        else await this.#runner.store.wish(this.#operation)
        return { ok: true, facts: await work() }
      } catch (error) {
        if (error instanceof StaleAttempt) throw error
        const patient = isTransientDatabaseError(error) || this.#clock() < this.#heardAt + limitMs
        if (!isTransient(error) || !(patient || (await whileDisconnected(this.#runner, noWayBack)))) {
          const failure = failureOf(error)
          if (failure.code === 'internal_error') this.#runner.logger.error({ err: error }, 'unexpected')
          return { ok: false, failure }
        }
        this.#run.log({ reason: failureOf(error).message }, 'will be tried again')
        await this.#sleep(waits.next().value)
      }
    }
  }

  /** A step of an execution that was replaced never ends: neither a result nor an error may be kept for it. */
  async #forever<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await work()
    } catch (error) {
      if (!(error instanceof StaleAttempt)) throw error
      this.#run.log({}, 'another execution has taken over, this one stops')
      this.replaced.reject(error)
      return await new Promise<never>(() => {})
    }
  }

  async #checkWish(): Promise<void> {
    const wish = await this.#runner.store.wish(this.#operation)
    if (wish !== null) throw new Interrupted(wish)
  }

  #clock(): number {
    return (this.#runner.clock ?? performance.now.bind(performance))()
  }

  #sleep(ms: number): Promise<unknown> {
    return (this.#runner.sleep ?? pause)(ms)
  }
}

/** Waits for the database as long as it takes. */
async function whileDisconnected<T>(
  runner: Pick<Runner, 'sleep' | 'logger'>,
  work: () => Promise<T>,
): Promise<T> {
  const waits = pauses()
  for (;;) {
    try {
      return await work()
    } catch (error) {
      if (!isTransientDatabaseError(error)) throw error
      runner.logger.warn('the database does not answer')
      await (runner.sleep ?? pause)(waits.next().value)
    }
  }
}

function* pauses(): Generator<number, never> {
  for (let ms = shortestPauseMs; ; ms = Math.min(ms * 2, longestPauseMs)) yield ms
}
