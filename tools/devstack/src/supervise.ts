// The supervisor's process: `supervise.ts STATE_DIRECTORY`. SIGTERM ends the services and then itself; when it is
// killed the services live on, and the next one adopts them.
import { setTimeout as delay } from 'node:timers/promises'
import { lockDirectory } from '@longhaul/oslo/concurrency'
import { readCloudRecord } from './cloud-record.ts'
import { serviceDefinitions } from './services.ts'
import { stateDirectory } from './state-directory.ts'
import { Supervisor } from './supervisor.ts'

const roundMilliseconds = 100

const state = stateDirectory(process.argv[2] ?? '')
const record = readCloudRecord(state)
if (!record) throw new Error(`${state.root} holds no cloud`)

// A second one would start what the first one has ended.
await lockDirectory(state.run, 'supervisor')

const stopping = new AbortController()
for (const signal of ['SIGTERM', 'SIGINT'] as const) process.on(signal, () => stopping.abort())

const supervisor = new Supervisor({
  services: await serviceDefinitions(state, record),
  runDirectory: state.run,
  logDirectory: state.log,
  now: () => performance.now(),
  log: (event) =>
    console.log(JSON.stringify({ time: new Date().toISOString(), service: 'supervisor', ...event })),
})

while (!stopping.signal.aborted) {
  await supervisor.round()
  await delay(roundMilliseconds, undefined, { signal: stopping.signal }).catch(() => {})
}
await supervisor.stopAll()
