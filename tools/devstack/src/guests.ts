import { existsSync, readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProcesses } from '@longhaul/qemu'
import { agentNames, hostDirectory } from './compute-hosts.ts'
import { volumesDirectory } from './config-files.ts'
import type { ProcessRecord } from './processes.ts'
import type { StateDirectory } from './state-directory.ts'

/** Processes of the machines that the compute agents of a cloud have started, as they wrote them down. */
export function guestsOf(state: StateDirectory): ProcessRecord[] {
  return agentNames.flatMap((service) => guestsIn(join(hostDirectory(state, { service }), 'instances')))
}

function guestsIn(instances: string): ProcessRecord[] {
  if (!existsSync(instances)) return []
  return readdirSync(instances).flatMap((id) => {
    const file = join(instances, id, 'instance.json')
    if (!existsSync(file)) return []
    const { pid, startTime } = JSON.parse(readFileSync(file, 'utf8')) as Partial<ProcessRecord>
    return pid === undefined || startTime === undefined ? [] : [{ pid, startTime: startTime }]
  })
}

/** Processes that serve the volumes of a cloud: they are told by what they have open. */
export function storageDaemonsOf(state: StateDirectory): ProcessRecord[] {
  const volumes = `"${volumesDirectory(state)}/`
  return findProcesses(
    ([program = '', ...args]) =>
      program.endsWith('qemu-storage-daemon') && args.some((one) => one.includes(volumes)),
  )
}
