import { setTimeout as delay } from 'node:timers/promises'
import { join } from 'node:path'
import { acceptsConnections } from '@longhaul/oslo/db'
import { readFileSync, statSync } from 'node:fs'
import { DevstackError } from './errors.ts'
import { isAlive, readProcessRecord } from './processes.ts'
import type { ServiceDefinition } from './services.ts'
import type { StateDirectory } from './state-directory.ts'

export type ServiceState = 'ready' | 'starting' | 'dead'

/** One look at a service. */
export async function stateOf(state: StateDirectory, service: ServiceDefinition): Promise<ServiceState> {
  if (!isAlive(readProcessRecord(state.run, service.name))) return 'dead'
  if (!service.health) return 'ready'
  const ready = service.health.startsWith('postgresql:')
    ? await acceptsConnections(service.health)
    : await answersOk(service.health)
  return ready ? 'ready' : 'starting'
}

/**
 * Waits until a service answers.
 *
 * @throws DevstackError `service_not_ready`, with the end of its log
 */
export async function untilReady(
  state: StateDirectory,
  service: ServiceDefinition,
  options: { timeoutMilliseconds?: number } = {},
): Promise<void> {
  const deadline = performance.now() + (options.timeoutMilliseconds ?? 30_000)
  while ((await stateOf(state, service)) !== 'ready') {
    if (performance.now() > deadline) {
      const log = join(state.log, `${service.name}.log`)
      throw new DevstackError(
        'service_not_ready',
        `${service.name} did not become ready; the end of ${log}:\n${tailOf(log)}`,
      )
    }
    await delay(50)
  }
}

async function answersOk(url: string): Promise<boolean> {
  try {
    const answer = await fetch(url, { signal: AbortSignal.timeout(2000), redirect: 'error' })
    await answer.arrayBuffer()
    return answer.ok
  } catch {
    return false
  }
}

function tailOf(file: string, lines = 12): string {
  if (!statSync(file, { throwIfNoEntry: false })) return '(no log)'
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
}
