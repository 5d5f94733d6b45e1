import { createHash } from 'node:crypto'
import { z } from 'zod'
import type { Port } from '../../devices-protocol.ts'
import { DriverError } from '../driver.ts'

/** A switch that guests connect to by a Unix socket. */
const streamDetails = z.object({ path: z.string().min(1) })
/** A switch that guests send datagrams to; it answers to where they came from. */
const dgramDetails = z.object({ host: z.string().min(1), port: z.int().min(1).max(65_535) })
/** A network interface of the host that exists. */
const tapDetails = z.object({ name: z.string().min(1).max(15) })

/** Milliseconds between two tries to reach a switch that is away. */
const reconnectMilliseconds = 500
/** As which QEMU is told that, by the version that knows it first. */
const reconnectMsVersion = 9_002_000
const reconnectSecondsVersion = 8_000_000

/** What a port is called inside QEMU, as device and as network backend. */
export function portName(id: string): string {
  return `port-${createHash('sha256').update(id).digest('hex').slice(0, 16)}`
}

/**
 * QEMU's network backend for a port. A switch on datagrams may end and begin again under a running guest; one on a stream
 * only from QEMU 8.0 on.
 *
 * @param version QEMU's, such as 7002022
 * @throws DriverError `port_binding_failed` for a port that is not bound; `vif_type_unsupported`, `vif_details_invalid`
 * @see QEMU, qapi/net.json, Netdev; Networking API, binding:vif_type
 */
export function netdev(port: Port, version: number): object {
  const id = portName(port.id)
  switch (port.vif_type) {
    case 'stream': {
      const { path } = parsed(streamDetails, port)
      return { type: 'stream', id, server: false, addr: { type: 'unix', path }, ...reconnect(version) }
    }
    case 'dgram': {
      const { host, port: number } = parsed(dgramDetails, port)
      const local = { type: 'inet', host: host.includes(':') ? '::1' : '127.0.0.1', port: '0' }
      return { type: 'dgram', id, local, remote: { type: 'inet', host, port: String(number) } }
    }
    case 'tap': {
      const { name: ifname } = parsed(tapDetails, port)
      return { type: 'tap', id, ifname, script: 'no', downscript: 'no' }
    }
    case 'unbound':
    case 'binding_failed':
      throw new DriverError('port_binding_failed', `port ${port.id} is not bound to the host`)
    default:
      throw new DriverError(
        'vif_type_unsupported',
        `port ${port.id} is wired as ${port.vif_type}, which the host cannot`,
      )
  }
}

function reconnect(version: number): object {
  if (version >= reconnectMsVersion) return { 'reconnect-ms': reconnectMilliseconds }
  if (version >= reconnectSecondsVersion) return { reconnect: 1 }
  return {}
}

function parsed<T extends z.ZodType>(schema: T, port: Port): z.infer<T> {
  const { data, error } = schema.safeParse(port.vif_details)
  if (!error) return data
  throw new DriverError('vif_details_invalid', `the binding of port ${port.id} is incomplete`, {
    cause: error,
  })
}
