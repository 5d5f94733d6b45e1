import { channel } from 'node:diagnostics_channel'
import type { OperationKind } from './running-operation.ts'

/** Where an execution of an operation is. */
export interface StepPoint {
  operation: string
  kind: OperationKind
  server: string
  attempt: number
  /** The step's name; what undoes one is called `undo <name>`. */
  step: string
  /** `begin`: before the work; `done`: after it, nothing is kept yet; `kept`: its outcome is in the database. */
  at: 'begin' | 'done' | 'kept'
}

/**
 * Every step of every operation in this process, told synchronously. What a subscriber does happens just there: that is
 * how crash tests stop a conductor between the work of a step and its checkpoint.
 */
export const stepChannel = channel('longhaul:nova:step')
