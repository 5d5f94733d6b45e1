export type OperationKind =
  | 'create-server'
  | 'create-image'
  | 'delete-server'
  | 'start-server'
  | 'stop-server'
  | 'reboot-server'
  | 'pause-server'
  | 'unpause-server'
  | 'suspend-server'
  | 'resume-server'
  | 'attach-volume'
  | 'detach-volume'

/** Operations on what belongs to a server: they show no task, and several may wait for their turn. */
export const tasklessKinds: ReadonlySet<OperationKind> = new Set(['attach-volume', 'detach-volume'])

/** What can be left over when an operation failed: an image, or what an agent keeps of an operation. */
export type LeftoverKind = 'image' | 'agent-operation'

/** An operation in one of its executions. */
export interface RunningOperation {
  id: string
  kind: OperationKind
  serverId: string
  actionId: number
  /** Of this execution; an execution with a lower one may not write any more. */
  attempt: number
  input: unknown
  context: string | null
}
