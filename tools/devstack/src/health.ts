import { setTimeout as delay } from 'node:timers/promises'
import https from 'node:https'
import { join } from 'node:path'
import { acceptsConnections } from '@longhaul/oslo/db/provision'
import { readFileSync, statSync } from 'node:fs'
import { DevstackError } from './errors.ts'
import { isAlive, readProcessRecord } from './processes.ts'
import type { ServiceDefinition } from './services.ts'
import type { StateDirectory } from './state-directory.ts'

const answerMilliseconds = 2000
// Imported as a module it would load the whole of Node.js's fetch with it.
const http = process.getBuiltinModule('node:http')

export type ServiceState = 'ready' | 'starting' | 'dead'

/** One look at a service. */
export async function stateOf(state: StateDirectory, service: ServiceDefinition): Promise<ServiceState> {
  if (!isAlive(readProcessRecord(state.run, service.name))) return 'dead'
  if (!service.health) return 'ready'
  const ready = service.health.startsWith('postgresql:')
    ? await acceptsConnections(service.health)
    : await answersOk(service.health, service.cafile)
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

function answersOk(url: string, cafile: string | undefined): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>()
  const signal = AbortSignal.timeout(answerMilliseconds)
  const asked = url.startsWith('https:')
    ? https.get(url, { signal, ...(cafile === undefined ? {} : { ca: readFileSync(cafile) }) })
    : http.get(url, { signal })
  asked.on('error', () => resolve(false))
  asked.on('response', (answer) => {
    answer.resume()
    resolve(answer.statusCode === 200)
  })
  return promise
}

/** The last lines of a log. */
export function tailOf(file: string, lines = 12): string {
  if (!statSync(file, { throwIfNoEntry: false })) return '(no log)'
  return readFileSync(file, 'utf8').trimEnd().split('\n').slice(-lines).join('\n')
}
