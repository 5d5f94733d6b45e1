/** Something that nova is told about a server. @see Compute API, os-server-external-events */
export interface NovaEvent {
  name: 'network-vif-plugged' | 'network-vif-unplugged' | 'network-vif-deleted' | 'network-changed'
  server_uuid: string
  /** Id of the port. */
  tag: string
  status: 'completed' | 'failed'
}
