import { failureOf, StaleAttempt } from './failure.ts'
import type { LiveMigrationFacts } from './migration-facts.ts'
import type { Run } from './operation.ts'

/** Has the source remove what it had, now or as soon as it can be asked. */
export async function confirmOrLeave(run: Run<unknown>, { host }: LiveMigrationFacts): Promise<void> {
  const server = run.operation.serverId
  const confirm = { step: 'confirm-source', kind: 'confirm_source', server, params: {} } as const
  try {
    await (await run.agent(host!)).job(confirm)
  } catch (error) {
    if (error instanceof StaleAttempt) throw error
    const left = { kind: 'source-guest', id: run.operation.id, host: host! } as const
    await run.store.leave(run.operation, left, failureOf(error).message)
  }
}
