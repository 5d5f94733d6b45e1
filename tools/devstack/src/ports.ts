import { createServer } from 'node:net'
import { freePort } from '@longhaul/oslo/concurrency'
import { DevstackError } from './errors.ts'

/** Every listener of the cloud; all on loopback. */
export interface Ports {
  keystone: number
  glance: number
  nova: number
  novaInternal: number
  novaCompute: number
  novaCompute2: number
  novaCompute3: number
  cinder: number
  neutron: number
  l2Agent: number
  l2Agent2: number
  l2Agent3: number
  l2Link: number
  l2Link2: number
  l2Link3: number
  postgresql: number
}

/** The ports that clients expect; another free one is taken when one of these is busy. */
export const standardPorts: Ports = {
  keystone: 5000,
  glance: 9292,
  nova: 8774,
  novaInternal: 8775,
  novaCompute: 8773,
  novaCompute2: 8772,
  novaCompute3: 8771,
  cinder: 8776,
  neutron: 9696,
  l2Agent: 9697,
  l2Agent2: 9699,
  l2Agent3: 9701,
  l2Link: 9698,
  l2Link2: 9700,
  l2Link3: 9702,
  postgresql: 55432,
}

/** Whether nobody listens on a loopback port. */
export function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer()
    server.once('error', () => resolve(false))
    server.listen({ host: '127.0.0.1', port, exclusive: true }, () => server.close(() => resolve(true)))
  })
}

/**
 * Chooses the ports of a new cloud.
 *
 * @param wanted ports somebody asked for by name; a busy one is an error
 * @param preferStandard false: always ask the kernel (several clouds side by side)
 * @throws DevstackError `port_in_use`, `port_twice`
 */
export async function choosePorts(wanted: Partial<Ports>, preferStandard: boolean): Promise<Ports> {
  refuseTwice(wanted)
  const chosen = { ...standardPorts }
  const taken = new Set<number>(Object.values(wanted))
  for (const name of Object.keys(standardPorts) as (keyof Ports)[]) {
    const given = wanted[name]
    if (given !== undefined) {
      if (!(await isFree(given))) throw portInUse(name, given)
      chosen[name] = given
    } else if (!preferStandard || taken.has(chosen[name]) || !(await isFree(chosen[name]))) {
      do chosen[name] = await freePort()
      while (taken.has(chosen[name]))
    }
    taken.add(chosen[name])
  }
  return chosen
}

/** @throws DevstackError `port_twice` if two listeners have the same port */
export function refuseTwice(ports: Partial<Ports>): void {
  const names = Object.keys(ports) as (keyof Ports)[]
  for (const [index, name] of names.entries()) {
    const other = names.slice(0, index).find((one) => ports[one] === ports[name])
    if (other)
      throw new DevstackError('port_twice', `port ${ports[name]} is wanted for ${other} and for ${name}`)
  }
}

/** The error for a port that somebody else has. */
export function portInUse(name: string, port: number): DevstackError {
  return new DevstackError(
    'port_in_use',
    `port ${port} (${name}) on 127.0.0.1 is in use by another program; stop it or choose another port`,
  )
}
