// The destination of a live migration.
import { existsSync, readdirSync } from 'node:fs'
import { basename } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { QmpError, type QmpClient } from '@longhaul/qemu'
import type { Destination } from '../../migration-protocol.ts'
import { DriverError, type Arrival, type FinishOptions, type IncomingOptions } from '../driver.ts'
import { diskNode } from './command-line.ts'
import { guestAbsent, guestStopped, type Host } from './host.ts'
import { answers, launch, makeDisk } from './launch.ts'
import { guestOf, hasDiskOf } from './machine.ts'
import { runStateOf } from './memory-file.ts'
import {
  addCredentials,
  announcement,
  configureMigration,
  demandProtection,
  migrationUri,
  removeCredentials,
  takePort,
  type ChannelSettings,
} from './migration-channel.ts'
import { guestMigrating, guestPresent, type IncomingMigration } from './migration-record.ts'
import { endGuest } from './process.ts'
import { isRefusal, unlessRefused } from './qmp-waiting.ts'

const pollMilliseconds = 20
const diskExport = 'disk'

interface MigrationStatus {
  status?: string
  'error-desc'?: string
}

/** Starts a guest that waits for its memory, and for the contents of its disk unless both hosts have that. */
export async function prepareIncoming(
  host: Host,
  id: string,
  options: IncomingOptions,
): Promise<Destination> {
  const { instances, settings } = host
  const { operation, machine } = options
  demandProtection(host.inboundAddress, settings)
  const known = incomingOf(host, id)
  if (known && known.operation !== operation) throw guestMigrating()
  if (known?.destination && host.search(id)) return known.destination
  if (known ? known.phase === 'running' : isHere(host, id)) throw guestPresent()
  await discard(host, id, known)
  const paths = instances.paths(id)
  const sharedDisk = sharesDisk(options, hasDiskOf(paths, machine))
  if (!sharedDisk && existsSync(paths.disk)) {
    throw new DriverError('disk_present', 'the host has another disk of that guest')
  }
  const record: IncomingMigration = { role: 'destination', operation, sharedDisk, phase: 'preparing' }
  instances.createIncoming(id, guestOf(machine, options), record)
  try {
    const sync = sharedDisk ? undefined : await makeEmptyDisk(paths.disk, options)
    await launch(host, id, { incoming: true })
    const destination = await host.withMonitor(id, (qmp) => listen(host, qmp, options, sync))
    instances.setMigration(id, { ...record, phase: 'waiting', destination })
    return destination
  } catch (error) {
    await discard(host, id, record)
    throw error
  }
}

/**
 * Lets a guest go on that has arrived. That it may run is written down before: from then on it is here for good.
 *
 * @param options.signal ends the waiting for its memory
 */
export async function finishMigration(host: Host, id: string, options: FinishOptions): Promise<Arrival> {
  const { instances, logger } = host
  const { operation, running } = options
  const record = incomingOf(host, id)
  if (!isHere(host, id)) throw guestAbsent()
  if (!record) return { restarted: false }
  if (record.operation !== operation) throw guestMigrating()
  const restarted = !(await memoryCame(host, id, record, options))
  if (restarted) await restart(host, id, record)
  instances.forgetMigration(id)
  logger.info({ server: id, operation, running, restarted }, 'guest arrived')
  return { restarted }
}

/** @returns false: the guest was to have its memory after it had gone on, and that was lost on the way */
async function memoryCame(
  host: Host,
  id: string,
  record: IncomingMigration,
  { running, postCopy, signal }: FinishOptions,
): Promise<boolean> {
  const { instances } = host
  const process = host.search(id)
  if (!process) {
    // It ended after it had gone on, as any guest may.
    if (record.phase === 'running') return true
    if (postCopy) return false
    throw guestStopped()
  }
  try {
    if (postCopy && !(await answers(host, id, process))) return false
    return await host.withMonitor(id, async (qmp) => {
      if (!(await arrived(qmp, signal))) return false
      instances.setMigration(id, { ...record, phase: 'running' })
      await unlessRefused(qmp.execute('nbd-server-stop'))
      if (running) await letGoOn(qmp, () => instances.setMigration(id, record))
      await qmp.execute('announce-self', announcement)
      if (!(await completed(qmp, signal))) return false
      await removeCredentials(qmp)
      await configureMigration(qmp, [])
      return true
    })
  } catch (error) {
    if (postCopy && error instanceof DriverError && isLost(error)) return false
    throw error
  }
}

/** QEMU ended, or has waited for a piece of the memory for as long as it has to answer: that piece will not come any more. */
function isLost({ code, cause }: DriverError): boolean {
  return code === 'guest_stopped' || (cause instanceof QmpError && cause.code === 'qmp_timeout')
}

/** @param undo called when QEMU refuses: the guest does not run, as it would if another QEMU still had its disk open */
async function letGoOn(qmp: QmpClient, undo: () => void): Promise<void> {
  try {
    await qmp.execute('cont')
  } catch (error) {
    if (isRefusal(error)) undo()
    throw error
  }
}

/** The source has no way back: all that is left of the guest is its disk. */
async function restart(host: Host, id: string, record: IncomingMigration): Promise<void> {
  host.logger.error({ server: id, operation: record.operation }, 'memory lost in post-copy, guest restarted')
  host.instances.setMigration(id, { ...record, phase: 'running' })
  const process = host.search(id)
  if (process) await endGuest(process, 0)
  await launch(host, id)
}

/** Ends a guest that has never run here. */
export async function abandonIncoming(host: Host, id: string, operation: string): Promise<void> {
  const record = incomingOf(host, id)
  if (record?.phase === 'running' || (record && (await hasPostCopy(host, id)))) throw guestPresent()
  if (record && record.operation !== operation) throw guestMigrating()
  if (!record && isHere(host, id)) throw guestPresent()
  await discard(host, id, record)
}

/** The migration that a guest comes by. @throws DriverError `guest_migrating`: it leaves */
function incomingOf({ instances }: Host, id: string): IncomingMigration | undefined {
  const record = instances.migration(id)
  if (record?.role === 'source') throw guestMigrating()
  return record
}

function sharesDisk({ block }: IncomingOptions, shared: boolean): boolean {
  if (block === true && shared) {
    throw new DriverError('storage_shared', 'the disk cannot be copied: both hosts have the same')
  }
  if (block === false && !shared) {
    throw new DriverError('storage_not_shared', 'the disk is not on storage that both hosts have')
  }
  return shared
}

/** @returns what has to be copied onto it */
async function makeEmptyDisk(path: string, { machine, image }: IncomingOptions): Promise<'top' | 'full'> {
  const backing = machine.disk.backed ? await image() : undefined
  await makeDisk(path, machine.disk.virtual_size, backing)
  return backing ? 'top' : 'full'
}

/** Has QEMU wait for the source. */
async function listen(
  { settings, inboundAddress: host }: Host,
  qmp: QmpClient,
  { machine }: IncomingOptions,
  sync: 'top' | 'full' | undefined,
): Promise<Destination> {
  const credentials = await addCredentials(qmp, settings, 'server')
  const tls = 'tls-creds' in credentials
  // A guest that stands still is not let go on, which else would be when its disk is opened.
  const activation = machine.power_state === 'paused' ? [] : (['late-block-activate'] as const)
  const post_copy = await canPostCopy((more) =>
    configureMigration(qmp, ['events', ...activation, ...more], { tls }),
  )
  const disk = sync && { export: diskExport, sync, port: await serveDisk(host, settings, qmp, credentials) }
  const port = await takePort(settings, (one) =>
    qmp.execute('migrate-incoming', { uri: migrationUri(host, one) }),
  )
  return { host, port, ...(disk ? { disk } : {}), tls, post_copy }
}

async function canPostCopy(configure: (more: readonly 'postcopy-ram'[]) => Promise<void>): Promise<boolean> {
  try {
    await configure(['postcopy-ram'])
    return true
  } catch (error) {
    // The kernel does not permit it to this user.
    if (!isRefusal(error)) throw error
    await configure([])
    return false
  }
}

async function serveDisk(
  host: string,
  settings: ChannelSettings,
  qmp: QmpClient,
  credentials: { 'tls-creds'?: string },
): Promise<number> {
  const port = await takePort(settings, (one) => {
    const addr = { type: 'inet', data: { host, port: String(one) } }
    return qmp.execute('nbd-server-start', { addr, 'max-connections': 1, ...credentials })
  })
  await qmp.execute('block-export-add', {
    type: 'nbd',
    id: diskExport,
    name: diskExport,
    'node-name': diskNode,
    writable: true,
  })
  return port
}

/**
 * Waits until all is there that a guest needs to go on.
 *
 * @returns false: that was to follow it, and does not come
 * @throws DriverError `migration_failed`; the signal's reason
 */
async function arrived(qmp: QmpClient, signal: AbortSignal): Promise<boolean> {
  while ((await runStateOf(qmp)) === 'inmigrate') {
    const { status, 'error-desc': why = 'unknown' } = await qmp.execute<MigrationStatus>('query-migrate')
    if (status === 'postcopy-paused') return false
    if (status === 'failed') {
      throw new DriverError('migration_failed', `the guest did not arrive: ${why}`)
    }
    await delay(pollMilliseconds, undefined, { signal })
  }
  return true
}

/** Waits for the memory that follows a guest. @returns whether all of it came */
async function completed(qmp: QmpClient, signal: AbortSignal): Promise<boolean> {
  for (;;) {
    const { status } = await qmp.execute<MigrationStatus>('query-migrate')
    if (status === 'failed' || status === 'postcopy-paused') return false
    if (status === undefined || status === 'completed') return true
    await delay(pollMilliseconds, undefined, { signal })
  }
}

async function hasPostCopy(host: Host, id: string): Promise<boolean> {
  if (!host.instances.migration(id) || !host.search(id)) return false
  try {
    const { status = '' } = await host.withMonitor(id, (qmp) => qmp.execute<MigrationStatus>('query-migrate'))
    return status.startsWith('postcopy')
  } catch (error) {
    if (error instanceof DriverError && error.code === 'guest_stopped') return false
    throw error
  }
}

/** An agent that died may have made a directory, and have been about to write down why. */
function isHere({ instances }: Host, id: string): boolean {
  if (!instances.exists(id)) return false
  const { directory, migration } = instances.paths(id)
  return readdirSync(directory).some((name) => !name.startsWith(basename(migration)))
}

async function discard(host: Host, id: string, record: IncomingMigration | undefined): Promise<void> {
  const process = host.search(id)
  if (process) await endGuest(process, 0)
  host.monitors.close(id)
  host.instances.remove(id, { keepDisk: record?.sharedDisk ?? true })
}
