import { failureOf, StaleAttempt } from './failure.ts'
import type { Run } from './operation.ts'

/** Makes the agent forget the operation; if that fails it is told later, the operation neither waits nor fails for it. */
export async function forgetOrLeave(run: Run<unknown>, host: string): Promise<void> {
  try {
    await (await run.agent(host)).forget()
  } catch (error) {
    if (error instanceof StaleAttempt) throw error
    const left = { kind: 'agent-operation', id: run.operation.id, host } as const
    await run.store.leave(run.operation, left, failureOf(error).message)
  }
}
