import { DBOSClient } from '@dbos-inc/dbos-sdk'
import type { Transaction } from 'kysely'
import { parseConnection, pgTransactionClient } from '@longhaul/oslo/db'
import type { NovaTables } from '../db/tables.ts'

/** Name of nova as an application of the engine. */
export const applicationName = 'nova'
/** Stays the same from release to release, so that a new one finishes what the old one began. */
export const applicationVersion = '1'
/** The one queue; every conductor takes from it. */
export const queueName = 'operations'
/** The one workflow: its input is the id of an operation. */
export const workflowName = 'operate'

/** Hands an operation to the conductors when the transaction commits. */
export type EnqueueOperation = (trx: Transaction<NovaTables>, operationId: string) => Promise<void>

export interface OperationQueue {
  enqueue: EnqueueOperation
  close(): Promise<void>
}

/** URL under which the engine finds the database of `[database] connection`. @throws Error unless it is PostgreSQL */
export function engineUrl(connection: string): string {
  const parsed = parseConnection(connection)
  if (parsed.kind !== 'postgresql') throw new Error('the engine of operations needs PostgreSQL')
  return parsed.url
}

/**
 * Opens the queue for writing. No deduplication id: the lock on a server is its `task_state`, which is free as soon as the
 * last transaction of an operation commits, whereas the engine marks the workflow as ended a little later.
 */
export async function openQueue(connection: string): Promise<OperationQueue> {
  const client = await DBOSClient.create({
    systemDatabaseUrl: engineUrl(connection),
    applicationName,
    systemDatabasePoolSize: 1,
  })
  return {
    async enqueue(trx, operationId) {
      const options = { queueName, workflowName, workflowID: operationId, appVersion: applicationVersion }
      await client.enqueueInTransaction(pgTransactionClient(trx), options, operationId)
    },
    close: () => client.destroy(),
  }
}
