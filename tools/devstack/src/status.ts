import { join } from 'node:path'
import { failuresOf } from './failures.ts'
import { stateOf, tailOf, type ServiceState } from './health.ts'
import { readProcessRecord } from './processes.ts'
import type { ServiceDefinition } from './services.ts'
import type { StateDirectory } from './state-directory.ts'
import type { Cloud } from './up.ts'

export interface ServiceStatus {
  name: string
  /** `failing`: it keeps ending soon after its start; the supervisor starts it ever more rarely. */
  state: ServiceState | 'failing'
  pid?: number
  /** Of a failing service: how often in a row, and the end of its log. */
  failures?: number
  reason?: string
}

/** One look at every service of a cloud. */
export function statusOf(cloud: Pick<Cloud, 'state' | 'services'>): Promise<ServiceStatus[]> {
  return Promise.all(cloud.services.map((service) => lookAt(cloud.state, service)))
}

async function lookAt(state: StateDirectory, service: ServiceDefinition): Promise<ServiceStatus> {
  const { name } = service
  const failures = failuresOf(state.run, name)
  // Restarted once is not failing: it may have been asked to.
  if (failures > 1) {
    return { name, state: 'failing', failures, reason: tailOf(join(state.log, `${name}.log`), 1) }
  }
  const pid = readProcessRecord(state.run, name)?.pid
  const found = await stateOf(state, service)
  return { name, state: found, ...(pid === undefined || found === 'dead' ? {} : { pid }) }
}
