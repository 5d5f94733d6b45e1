import { powerStates } from '../servers/states.ts'
import { TerminalError, TransientError } from './failure.ts'
import { confirmOrLeave } from './migration-confirmation.ts'
import type { LiveMigrationFacts } from './migration-facts.ts'
import type { Run } from './operation.ts'

/**
 * Takes a migration back: first the destination gives the machine up, then the source goes on with it. In this order, and
 * without an end: a destination that cannot be asked may still be told to go on by an execution that was replaced. Only an
 * administrator can know that a host is gone for good, and says so with `forced_down`. A machine that has run at its
 * destination is there, whatever was wished: the database is told so.
 */
export async function giveUp(run: Run<unknown>, facts: LiveMigrationFacts): Promise<void> {
  const { host, destination, arrived } = facts
  if (arrived) return
  const server = run.operation.serverId
  const abandon = { step: 'abandon-incoming', kind: 'abandon_incoming', server, params: {} } as const
  try {
    await unlessGone(run, destination!, async () => {
      await (await run.agent(destination!)).job(abandon)
    })
  } catch (error) {
    if (!(error instanceof TerminalError) || error.code !== 'guest_present') throw error
    run.log({ host: destination }, 'the machine has run at its destination, and stays there')
    await run.store.arrive(
      run.operation,
      { host: destination!, power_state: powerStates.running },
      facts.attachments!,
    )
    await confirmOrLeave(run, facts)
    return
  }
  const reclaim = { step: 'reclaim-source', kind: 'reclaim_source', server, params: {} } as const
  try {
    await unlessGone(run, host!, async () => {
      await (await run.agent(host!)).job(reclaim)
    })
  } catch (error) {
    // It ended meanwhile, or its host has nothing of it: there is nothing to go on with.
    if (!(error instanceof TerminalError)) throw error
    run.log({ code: error.code, reason: error.message }, 'the machine does not go on at its source')
  }
}

async function unlessGone(run: Run<unknown>, host: string, work: () => Promise<void>): Promise<void> {
  try {
    await work()
  } catch (error) {
    if (!(error instanceof TransientError) || !(await run.store.isForcedDown(host))) throw error
    run.log({ host, reason: error.message }, 'the host was said to be down: nothing runs there')
  }
}
