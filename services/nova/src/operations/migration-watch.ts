import type { Progress } from '../jobs-protocol.ts'
import type { Destination, Machine } from '../migration-protocol.ts'
import type { AgentClient } from './agent-client.ts'
import { TerminalError } from './failure.ts'
import { progressColumns } from './migrations-of-servers.ts'
import type { Run } from './operation.ts'

/** How long a machine may be on its way. */
export interface MigrationLimits {
  now: () => Date
  /** Seconds for each GiB that is to be moved, at least for two; 0: as long as it takes. */
  completionTimeout: () => number
  /** What is done then. */
  timeoutAction: () => string
}

export interface WatchedMigration {
  /** Of the source. */
  agent: AgentClient
  machine: Machine
  awaited: Destination
  /** Whether the machine may be running at its destination already. */
  noWayBack: () => Promise<boolean>
}

const gibibyte = 2 ** 30

/**
 * What is done between two answers of the source: progress is written down, wishes are heard, and time is kept. The time
 * counts from the first execution's begin.
 *
 * @returns to be called with the progress. It throws Interrupted, or TerminalError `completion_timeout`
 */
export async function watchMigration(
  run: Run<unknown>,
  { agent, machine, awaited, noWayBack }: WatchedMigration,
  limits: MigrationLimits,
): Promise<(progress?: Progress) => Promise<void>> {
  const { operation, store } = run
  const begun = await store.migration(operation)
  const startedAt = begun.started_at ?? limits.now()
  await store.writeMigration(operation, { status: 'running', started_at: startedAt })
  const deadline = deadlineOf(startedAt, bytesToMove(machine, awaited), limits.completionTimeout())
  let forced = false

  const force = async () => {
    const server = operation.serverId
    await agent.job({ step: 'force-complete', kind: 'force_complete', server, params: {} })
    forced = true
  }
  return async (progress) => {
    const { force_complete: wanted } = await store.migration(operation)
    if (!(await noWayBack())) await run.checkWish()
    if (progress) await store.writeMigration(operation, progressColumns(progress))
    if (wanted && !forced) await force()
    if (forced || limits.now().getTime() < deadline) return
    if (limits.timeoutAction() === 'force_complete') {
      await store.writeMigration(operation, { force_complete: true })
      return
    }
    throw new TerminalError('completion_timeout', 'the machine could not be moved in the time that it had')
  }
}

function bytesToMove({ memory_mb, disk }: Machine, { disk: copied }: Destination): number {
  return memory_mb * 2 ** 20 + (copied ? disk.virtual_size : 0)
}

/** In milliseconds of the epoch. @see openstack/nova nova/virt/libvirt/driver.py, _live_migration_data_gb */
function deadlineOf(startedAt: Date, bytes: number, secondsPerGibibyte: number): number {
  if (secondsPerGibibyte === 0) return Infinity
  const gibibytes = Math.max(2, Math.ceil(bytes / gibibyte))
  return startedAt.getTime() + gibibytes * secondsPerGibibyte * 1000
}
