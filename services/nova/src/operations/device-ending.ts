import type { Transaction } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import { forgetOrLeave } from './forget.ts'
import type { Operation, Run, Step, Undo } from './operation.ts'

/** What the operations on volumes and ports of servers know when they end. */
interface WithHost {
  /** Absent: no agent was told anything. */
  host?: string
}

/**
 * How an operation on a volume or port of a server ends, done or undone; the state of its server stays what it is.
 *
 * @param event Nova's name of the event that spans the operation
 * @param also what is written together with its being done
 */
export function deviceEnding<Input, Facts extends WithHost>(
  event: string,
  also?: (trx: Transaction<NovaTables>, input: Input) => Promise<void>,
): { steps: Step<Input, Facts>[]; reset: Operation<Input, Facts>['reset'] } {
  return {
    steps: [
      { name: 'forget', uninterruptible: true, do: forget },
      {
        name: 'finish',
        uninterruptible: true,
        do: (run) =>
          run.store.finish(run.operation, {
            event,
            changes: {},
            ...(also && { also: (trx) => also(trx, run.input) }),
          }),
      },
    ],
    reset: {
      name: 'reset',
      do: (run, _facts, failure) => run.store.finish(run.operation, { event, changes: {}, failure }),
    },
  }
}

/** After everything else is undone, the agent has nothing to remember. */
export const undoForget: Undo<unknown, WithHost> = { name: 'forget', do: forget }

async function forget(run: Run<unknown>, { host }: WithHost): Promise<void> {
  if (host !== undefined) await forgetOrLeave(run, host)
}
