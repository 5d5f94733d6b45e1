import { DBOSClient } from '@dbos-inc/dbos-sdk'
import type { Transaction } from 'kysely'
import { pgTransactionClient } from '@longhaul/oslo/db'
import type { NovaTables } from '../db/tables.ts'
import { engineControl, type EngineControl } from './engine-control.ts'
import { applicationName, applicationVersion, engineUrl, queueOf, workflowName } from './engine-names.ts'
import type { OperationKind } from './running-operation.ts'

/** Hands an operation to the conductors when the transaction commits. */
export type EnqueueOperation = (
  trx: Transaction<NovaTables>,
  operation: { id: string; kind: OperationKind },
) => Promise<void>

export interface OperationQueue {
  enqueue: EnqueueOperation
  control: EngineControl
  close(): Promise<void>
}

/**
 * Opens the queue. No deduplication id: the lock on a server is its `task_state`, which is free as soon as the
 * last transaction of an operation commits, whereas the engine marks the workflow as ended a little later.
 */
export async function openQueue(connection: string): Promise<OperationQueue> {
  const client = await DBOSClient.create({
    systemDatabaseUrl: engineUrl(connection),
    applicationName,
    systemDatabasePoolSize: 1,
  })
  return {
    async enqueue(trx, { id, kind }) {
      const workflow = { workflowName, workflowID: id, appVersion: applicationVersion }
      await client.enqueueInTransaction(
        pgTransactionClient(trx),
        { ...workflow, queueName: queueOf(kind) },
        id,
      )
    },
    control: engineControl(client),
    close: () => client.destroy(),
  }
}
