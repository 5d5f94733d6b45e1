import { parseConnection } from '@longhaul/oslo/db'
import type { OperationKind } from './running-operation.ts'

/** Name of nova as an application of the engine. */
export const applicationName = 'nova'
/** Stays the same from release to release, so that a new one finishes what the old one began. */
export const applicationVersion = '1'
/** The queues; every conductor takes from each. */
export const queueNames = ['operations', 'live-migrations'] as const

/** Machines that wait until others have left their host may be many: nothing else waits behind them. */
export function queueOf(kind: OperationKind): (typeof queueNames)[number] {
  return kind === 'live-migration' ? 'live-migrations' : 'operations'
}

/** The one workflow: its input is the id of an operation. */
export const workflowName = 'operate'

/**
 * How long a transaction about operations may stand still, in milliseconds. Those of a conductor that was stopped in the middle
 * of one would keep its successor from what they have locked.
 */
export const idleInTransactionMs = 30_000

/** URL under which the engine finds the database of `[database] connection`. @throws Error unless it is PostgreSQL */
export function engineUrl(connection: string): string {
  const parsed = parseConnection(connection)
  if (parsed.kind !== 'postgresql') throw new Error('the engine of operations needs PostgreSQL')
  const url = new URL(parsed.url)
  url.searchParams.set('idle_in_transaction_session_timeout', String(idleInTransactionMs))
  return url.href
}
