import type { DBOSClient } from '@dbos-inc/dbos-sdk'
import { queueNames } from './engine-names.ts'

/** What is done to the workflows of operations from outside; each has the id of its operation. */
export interface EngineControl {
  /**
   * Has an operation executed again from its last good checkpoint, by whichever conductor takes it. Also while it is being
   * executed: the new execution fences the old one.
   *
   * @throws Error when the engine does not know it
   */
  revive(operation: string): Promise<void>
  /** Those that no conductor executes or will execute: their workflows have ended, however that came about. */
  ended(operations: readonly string[]): Promise<string[]>
  /** Operations that a conductor other than these has begun and not ended. */
  heldByOthers(conductors: readonly string[]): Promise<{ operation: string; conductor: string }[]>
  /** Removes what the engine keeps of ended operations. */
  forget(operations: readonly string[]): Promise<void>
}

const underWay: ReadonlySet<string> = new Set(['PENDING', 'ENQUEUED', 'DELAYED'])
/** Beyond every step: function ids are 32 bits wide. */
const wholeHistory = 2 ** 31 - 1

export function engineControl(client: DBOSClient): EngineControl {
  return {
    async revive(operation) {
      const workflow = await client.getWorkflow(operation)
      if (!workflow) throw new Error(`the engine does not know operation ${operation}`)
      const queueName = workflow.queueName ?? queueNames[0]
      if (underWay.has(workflow.status)) {
        await client.resumeWorkflow(operation, { queueName })
        return
      }
      const steps = (await client.listWorkflowSteps(operation)) ?? []
      const startStep = steps.find((step) => step.error !== null)?.functionID ?? wholeHistory
      await client.rewindWorkflow(operation, { startStep, queueName })
    },
    async ended(operations) {
      if (operations.length === 0) return []
      const options = { workflowIDs: [...operations], loadInput: false, loadOutput: false }
      const found = await client.listWorkflows(options)
      return found.filter(({ status }) => !underWay.has(status)).map(({ workflowID }) => workflowID)
    },
    async heldByOthers(conductors) {
      const options = { status: 'PENDING', loadInput: false, loadOutput: false } as const
      return (await client.listWorkflows(options))
        .map(({ workflowID, executorId }) => ({ operation: workflowID, conductor: executorId ?? '' }))
        .filter(({ conductor }) => !conductors.includes(conductor))
    },
    forget: (operations) => client.deleteWorkflows([...operations]),
  }
}
