/** A port as those see it that are told of changes. */
export interface PortFacts {
  id: string
  device_id: string
  device_owner: string
}

/** Is told what happened to ports, once it is in the database. */
export interface PortListener {
  /** The port's guest was plugged in or out where the port is bound. */
  statusChanged(port: PortFacts, status: string): void
  /** A client changed the port. */
  updated(port: PortFacts): void
  deleted(port: PortFacts): void
  /** Hosts have something new to wire. Resolves when they have wired it, or after a short while. */
  wired(hosts: readonly string[]): Promise<void>
  /** Has hosts let go of what is bound to them no more; nobody waits for it. */
  unwired(hosts: readonly string[]): void
}
