import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import type { ProcessRecord } from './processes.ts'
import type { StateDirectory } from './state-directory.ts'

/** Processes of the machines that the compute agent of a cloud has started, as it wrote them down. */
export function guestsOf(state: StateDirectory): ProcessRecord[] {
  const instances = join(state.data, 'nova-compute/instances')
  if (!existsSync(instances)) return []
  return readdirSync(instances).flatMap((id) => {
    const file = join(instances, id, 'instance.json')
    if (!existsSync(file)) return []
    const { pid, startTime } = JSON.parse(readFileSync(file, 'utf8')) as Partial<ProcessRecord>
    return pid === undefined || startTime === undefined ? [] : [{ pid, startTime: startTime }]
  })
}
