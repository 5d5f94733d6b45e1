import { failureOf, isTransient } from './failure.ts'
import type { Run } from './operation.ts'

/** Makes the agent forget the operation; an agent that is away is told later, the operation does not wait for it. */
export async function forgetOrLeave(run: Run<unknown>, host: string): Promise<void> {
  try {
    await (await run.agent(host)).forget()
  } catch (error) {
    if (!isTransient(error)) throw error
    const left = { kind: 'agent-operation', id: run.operation.id, host } as const
    await run.store.leave(run.operation, left, failureOf(error).message)
  }
}
