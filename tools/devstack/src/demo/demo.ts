import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { freePort } from '@longhaul/oslo/concurrency'
import { writeCloudRecord } from '../cloud-record.ts'
import { writeConfigFiles, writeFurtherKeystoneConf } from '../config-files.ts'
import { down } from '../down.ts'
import { urlOf } from '../endpoints.ts'
import { DevstackError } from '../errors.ts'
import { untilReady } from '../health.ts'
import {
  readProcessRecord,
  signalProcess,
  startDetached,
  untilGone,
  writeProcessRecord,
} from '../processes.ts'
import { novaServices, program, type ServiceDefinition } from '../services.ts'
import { cloudSession } from '../session.ts'
import { up, type Cloud } from '../up.ts'
import { hostsWithOneDisk, migrationRun, type MigrationRun } from './migration-run.ts'
import { reportOf } from './report.ts'
import { demoRun, type DemoRun } from './run.ts'

export interface DemoOptions {
  /** Seconds the user's tokens live. */
  tokenTtl: number
  /** Bytes a second for the backup. */
  bandwidth: number
  driver: 'qemu' | 'fake'
  /** What is shown. */
  useCase: readonly UseCase[]
  /** The result as JSON on standard output, and nothing else there. */
  json: boolean
  /** Leaves the cloud as it is at the end. */
  keep: boolean
}

export interface DemoResult {
  runs: (DemoRun | MigrationRun)[]
  ok: boolean
}

/** In the order in which results are given. */
export const useCases = ['snapshot', 'live', 'block'] as const
export type UseCase = (typeof useCases)[number]

/**
 * MiB a second, so that the little memory that the guest uses is on its way for longer than the token lives; a disk is copied
 * with more than the guest writes.
 */
export const migrationBandwidth = 0.3
/** Hosts that are needed. */
const hostsFor = { snapshot: 1, live: 2, block: 3 } as const
const shortKeystone = 'keystone-short'
const interruptions = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const
const restartMilliseconds = 30_000

/**
 * Shows a snapshot, a live migration and a block live migration that take longer than the token of who asks for them, all at the
 * same time, first without and then with nova's service token, on a cloud of its own that is removed at the end.
 *
 * @throws DevstackError as `up`, and `demo_interrupted`, `server_error`, `demo_timeout`
 */
export async function demo(options: DemoOptions): Promise<DemoResult> {
  // Short: sockets below it have to stay within 107 bytes.
  const root = mkdtempSync(join(tmpdir(), 'lh-'))
  const interruption = new AbortController()
  const interrupt = () =>
    interruption.abort(new DevstackError('demo_interrupted', 'interrupted; the cloud is taken down'))
  for (const signal of interruptions) process.on(signal, interrupt)
  const say = (text: string) => process.stderr.write(`${text}\n`)
  try {
    const result = await allRuns(root, options, interruption.signal, say)
    if (options.json) console.log(JSON.stringify(result))
    else console.log(result.ok ? 'All runs went as they should.' : 'Not everything is as it should be.')
    return result
  } catch (error) {
    // Whatever broke off because of the signal: the signal is the reason.
    throw interruption.signal.aborted ? interruption.signal.reason : error
  } finally {
    if (options.keep)
      say(`The cloud is left in ${root}; remove it with: longhaul --state-dir ${root} down --purge`)
    else {
      await down(root, { purge: true })
      // Left when the demo broke off before there was a cloud.
      rmSync(root, { recursive: true, force: true })
    }
    for (const signal of interruptions) process.off(signal, interrupt)
  }
}

async function allRuns(
  root: string,
  options: DemoOptions,
  signal: AbortSignal,
  say: (text: string) => void,
): Promise<DemoResult> {
  const cloud = await up({
    root,
    standardPorts: false,
    settings: {
      driver: options.driver,
      hosts: Math.max(...options.useCase.map((useCase) => hostsFor[useCase])),
      sharedInstances: hostsWithOneDisk,
      sendServiceUserToken: false,
      migrationBandwidth,
      snapshotBandwidth: options.bandwidth,
    },
    renderer: options.json ? 'silent' : 'default',
  })
  signal.throwIfAborted()
  const shortUrl = await startShortKeystone(cloud, options.tokenTtl)
  const session = cloudSession(cloud.state, cloud.record)
  const runs: DemoResult['runs'] = []
  // In one order whatever was asked for.
  const shown = useCases.filter((useCase) => options.useCase.includes(useCase))
  try {
    for (const serviceToken of [false, true]) {
      if (serviceToken) await sendServiceTokens(cloud, signal)
      const done = await together(signal, shown, async (useCase, either): Promise<DemoRun | MigrationRun> => {
        const title = `${useCase} ${serviceToken ? 'with' : 'without'} service token`
        const about = {
          cloud,
          shortIdentity: { name: shortKeystone, url: shortUrl },
          tokenTtl: options.tokenTtl,
          serviceToken,
          session,
          signal: either,
          say: (text: string) => say(`${title}: ${text}`),
        }
        return useCase === 'snapshot' ? await demoRun(about) : await migrationRun(useCase, about)
      })
      if (!options.json) for (const run of done) console.log(`\n${reportOf(run)}`)
      runs.push(...done)
    }
  } finally {
    await session.close()
  }
  const ordered = useCases.flatMap((useCase) => runs.filter((run) => run.useCase === useCase))
  return { runs: ordered, ok: runs.every((run) => run.ok) }
}

/** Does something for each at the same time; when one fails, the others break off, and all have ended. */
async function together<T, R>(
  signal: AbortSignal,
  all: readonly T[],
  work: (one: T, signal: AbortSignal) => Promise<R>,
): Promise<R[]> {
  const failure = new AbortController()
  const either = AbortSignal.any([signal, failure.signal])
  const outcomes = await Promise.allSettled(
    all.map((one) =>
      work(one, either).catch((error: unknown) => {
        failure.abort(error)
        throw error
      }),
    ),
  )
  if (failure.signal.aborted) throw failure.signal.reason
  return outcomes.flatMap((outcome) => (outcome.status === 'fulfilled' ? [outcome.value] : []))
}

// Its pid is written down like that of every other service, so that `down` ends it too.
async function startShortKeystone(cloud: Cloud, expiration: number): Promise<string> {
  const { state, record } = cloud
  const port = await freePort()
  const file = writeFurtherKeystoneConf(state, record, { name: shortKeystone, port, expiration })
  const service: ServiceDefinition = {
    name: shortKeystone,
    command: program('services/keystone/src/server.ts', ['--config-file', file]),
    health: urlOf(record, port, '/healthcheck'),
  }
  const started = await startDetached(service.command, join(state.log, `${shortKeystone}.log`))
  writeProcessRecord(state.run, shortKeystone, started)
  await untilReady(state, service)
  return urlOf(record, port, '/v3')
}

// Only this option.
async function sendServiceTokens(cloud: Cloud, signal: AbortSignal): Promise<void> {
  cloud.record.sendServiceUserToken = true
  writeCloudRecord(cloud.state, cloud.record)
  await restartNova(cloud, signal)
}

/** Has nova read anew what the cloud's record says. Nothing else is touched: the supervisor starts again what ends. */
export async function restartNova(cloud: Cloud, signal: AbortSignal): Promise<void> {
  writeConfigFiles(cloud.state, cloud.record)
  await Promise.all(novaServices.map((name) => restart(cloud, name, signal)))
  for (const service of cloud.services) {
    if (novaServices.includes(service.name)) await untilReady(cloud.state, service)
  }
}

async function restart({ state: { run } }: Cloud, name: string, signal: AbortSignal): Promise<void> {
  const old = readProcessRecord(run, name)
  if (!old) return
  signalProcess(old, 'SIGTERM')
  if (!(await untilGone(old, restartMilliseconds))) {
    throw new DevstackError('service_not_stopped', `${name} did not end when it was asked to`)
  }
  const deadline = performance.now() + restartMilliseconds
  while ((readProcessRecord(run, name)?.pid ?? old.pid) === old.pid && performance.now() < deadline) {
    await delay(50, undefined, { signal })
  }
}
