import { stateOf } from './health.ts'
import { readProcessRecord } from './processes.ts'
import type { Cloud } from './up.ts'

export interface ServiceStatus {
  name: string
  state: 'ready' | 'starting' | 'dead'
  pid?: number
}

/** One look at every service of a cloud. */
export async function statusOf(cloud: Omit<Cloud, 'imageId'>): Promise<ServiceStatus[]> {
  return Promise.all(
    cloud.services.map(async (service): Promise<ServiceStatus> => {
      const pid = readProcessRecord(cloud.state.run, service.name)?.pid
      const state = await stateOf(cloud.state, service)
      return { name: service.name, state, ...(pid === undefined || state === 'dead' ? {} : { pid }) }
    }),
  )
}
