import type { PortFacts } from '../ml2/port-listener.ts'
import type { NovaEvent } from './event.ts'

export interface PortEventsOptions {
  send(event: NovaEvent): void
  /** Whether nova hears of guests that were plugged in or out; read at each use. */
  onStatusChanges: () => boolean
  /** Whether nova hears of other changes; read at each use. */
  onDataChanges: () => boolean
}

const uuid = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i

/** Makes events for nova of what happens to the ports of servers. @see openstack/neutron neutron/notifiers/nova.py */
export class PortEvents {
  readonly #options: PortEventsOptions

  constructor(options: PortEventsOptions) {
    this.#options = options
  }

  /** @param status of the port, `ACTIVE` or `DOWN` */
  statusChanged(port: PortFacts, status: string): void {
    const name = status === 'ACTIVE' ? 'network-vif-plugged' : 'network-vif-unplugged'
    if (this.#options.onStatusChanges()) this.#send(name, port)
  }

  updated(port: PortFacts): void {
    if (this.#options.onDataChanges()) this.#send('network-changed', port)
  }

  deleted(port: PortFacts): void {
    if (this.#options.onDataChanges()) this.#send('network-vif-deleted', port)
  }

  /** Ports that are no server's are no matter of nova. */
  #send(name: NovaEvent['name'], port: PortFacts): void {
    if (!port.device_owner.startsWith('compute:') || !uuid.test(port.device_id)) return
    this.#options.send({ name, server_uuid: port.device_id, tag: port.id, status: 'completed' })
  }
}
