import { TerminalError } from './failure.ts'
import type { LiveMigrationFacts } from './migration-facts.ts'
import type { Run } from './operation.ts'

const nobodyWishes = async () => {}

/**
 * Takes a migration back: first the destination gives the machine up, then the source goes on with it. In this order, and
 * without an end: a destination that cannot be asked may still be told to go on by an execution that was replaced.
 */
export async function giveUp(
  run: Run<unknown>,
  { host, destination, arrived }: LiveMigrationFacts,
): Promise<void> {
  if (arrived) return
  const server = run.operation.serverId
  const abandon = { step: 'abandon-incoming', kind: 'abandon_incoming', server, params: {} } as const
  await (await run.agent(destination!)).job(abandon, nobodyWishes)
  const reclaim = { step: 'reclaim-source', kind: 'reclaim_source', server, params: {} } as const
  try {
    await (await run.agent(host!)).job(reclaim, nobodyWishes)
  } catch (error) {
    // It ended meanwhile, or its host has nothing of it: there is nothing to go on with.
    if (!(error instanceof TerminalError)) throw error
    run.log({ code: error.code, reason: error.message }, 'the machine does not go on at its source')
  }
}
