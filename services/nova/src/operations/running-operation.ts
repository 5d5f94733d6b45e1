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
  | 'extend-volume'
  | 'attach-interface'
  | 'detach-interface'
  | 'live-migration'

/** Operations on what belongs to a server: they show no task, and several may wait for their turn. */
export const tasklessKinds: ReadonlySet<OperationKind> = new Set([
  'attach-volume',
  'detach-volume',
  'extend-volume',
  'attach-interface',
  'detach-interface',
])

/**
 * What can be left over, and its id:
 *
 * | kind | id | what is to be done |
 * |---|---|---|
 * | `image` | of the image | delete it |
 * | `agent-operation` | of the operation | make the host's agent forget it |
 * | `volume-attachment` | Cinder's, of the attachment | take the volume from the machine if a host is named, delete the attachment |
 * | `volume-reservation` | of the row of `block_device_mappings` | delete what Cinder has of it, and the row |
 * | `volume-detaching` | of the volume | have Cinder show it as in use again |
 * | `volume` | of the volume | delete it |
 * | `port-reservation` | that a port has as its device | delete the port |
 * | `server-port` | of the row of `server_ports` | take the port from the machine if a host is named, give it back or delete it, and the row |
 * | `migration-bindings` | of the operation | bind the server's ports to the host where it runs, and to no other |
 * | `migration-attachments` | of the operation | delete what the server's volumes have for hosts where it does not run |
 * | `source-guest` | of the operation | have its host remove the machine that has left |
 */
export type LeftoverKind =
  | 'image'
  | 'agent-operation'
  | 'volume-attachment'
  | 'volume-reservation'
  | 'volume-detaching'
  | 'volume'
  | 'port-reservation'
  | 'server-port'
  | 'migration-bindings'
  | 'migration-attachments'
  | 'source-guest'

/** An operation in one of its executions. */
export interface RunningOperation {
  id: string
  kind: OperationKind
  serverId: string
  actionId: number
  /** Of the request that began it. */
  requestId: string
  /** Of this execution; an execution with a lower one may not write any more. */
  attempt: number
  input: unknown
  context: string | null
}
