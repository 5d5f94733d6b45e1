import { statSync } from 'node:fs'
import { convertImage, createImage, inspectImage, QmpError, type QmpClient } from '@longhaul/qemu'
import { DriverError, type BackupOptions } from '../driver.ts'
import { BackupJob } from './backup-job.ts'
import type { BackupStore } from './backup-store.ts'
import { endGuest, findProcess } from './process.ts'

/** The guest whose disk is copied. */
export interface BackupSource {
  server: string
  disk: string
  console: string
}

/**
 * Copies the disk of a running guest by QEMU's backup job: the copy is the disk as of the job's start, and the guest goes
 * on. A job that runs already, or has concluded meanwhile, is joined.
 *
 * @throws QmpError when the connection ends; DriverError `backup_cancelled`, `backup_failed` after cleaning up
 */
export async function backUpRunning(
  qmp: QmpClient,
  source: BackupSource,
  store: BackupStore,
  options: BackupOptions,
): Promise<void> {
  const { operation, signal, onProgress } = options
  const job = new BackupJob(qmp, operation)
  // Concluded, and dismissed perhaps: only the file has to be closed.
  const record = store.read(operation)
  if (record?.phase !== 'copied') {
    if (!record || !(await job.find())) await start(job, source, store, options)
    noteOffset(source, store, operation)
    const failure = await job.concluded({ onProgress, signal })
    if (failure !== undefined || signal.aborted) {
      await job.release()
      store.remove(operation)
      throw signal.aborted ? cancelled() : new DriverError('backup_failed', `the backup failed: ${failure}`)
    }
    store.write(operation, { ...store.read(operation)!, phase: 'copied' })
  }
  await job.release()
  store.write(operation, { ...store.read(operation)!, phase: 'done' })
}

/** Stops a backup that may run in a guest, and makes QEMU close its file. */
export async function giveUpBackup(qmp: QmpClient, operation: string): Promise<void> {
  await giveUp(new BackupJob(qmp, operation))
}

/** Copies the disk of a guest that does not run. @throws DriverError `backup_cancelled`, `backup_failed` */
export async function backUpStopped(
  source: BackupSource,
  store: BackupStore,
  options: BackupOptions,
): Promise<void> {
  const { operation, signal } = options
  const at = lengthOf(source.console)
  const record = { server: source.server, console_offset: { before: at, after: at } }
  const target = store.imagePath(operation)
  store.write(operation, { ...record, phase: 'converting' })
  await endConversion(target)
  store.clear(operation)
  try {
    await convertImage(source.disk, target, { format: 'qcow2', source: 'qcow2', signal })
    const { virtualSize } = await inspectImage(target)
    options.onProgress(virtualSize, virtualSize)
  } catch (cause) {
    store.remove(operation)
    if (signal.aborted) throw cancelled(cause)
    throw new DriverError('backup_failed', `the backup failed: ${(cause as Error).message}`, { cause })
  }
  store.write(operation, { ...record, phase: 'done' })
}

/** Ends the qemu-img of an agent that died: it still writes, and keeps the guest from starting. */
export async function endConversion(target: string): Promise<void> {
  const left = findProcess((args) => args[1] === 'convert' && args.includes(target))
  if (left) await endGuest(left)
}

/**
 * Gives up what was begun before a guest is started: its last process may have ended before it had closed the copy, and
 * who still reads the disk keeps the new one from it.
 */
export async function dropUnfinished(store: BackupStore, server: string): Promise<void> {
  for (const operation of store.unfinished(server)) {
    await endConversion(store.imagePath(operation))
    store.remove(operation)
  }
}

async function start(
  job: BackupJob,
  source: BackupSource,
  store: BackupStore,
  { operation, bandwidth }: BackupOptions,
): Promise<void> {
  const { server } = source
  store.write(operation, { server, phase: 'copying', console_offset: { before: lengthOf(source.console) } })
  // What an agent that died here has left.
  await giveUp(job)
  store.clear(operation)
  const { virtualSize } = await inspectImage(source.disk)
  const image = store.imagePath(operation)
  await createImage(image, { format: 'qcow2', size: virtualSize })
  try {
    await job.addTarget(image)
    store.write(operation, { server, phase: 'copying', console_offset: { before: lengthOf(source.console) } })
    await job.start(bandwidth)
  } catch (cause) {
    if (!(cause instanceof QmpError) || cause.code !== 'qmp_command_failed') throw cause
    await job.release()
    store.remove(operation)
    throw new DriverError('backup_failed', `the backup did not start: ${cause.message}`, { cause })
  }
}

async function giveUp(job: BackupJob): Promise<void> {
  if (await job.find()) await job.concluded({ signal: AbortSignal.abort() })
  await job.release()
}

/** The point in time lies before here; an agent that died before it could note that leaves it to the next one. */
function noteOffset(source: BackupSource, store: BackupStore, operation: string): void {
  const record = store.read(operation)
  if (!record || record.console_offset.after !== undefined) return
  const { before } = record.console_offset
  store.write(operation, { ...record, console_offset: { before, after: lengthOf(source.console) } })
}

function cancelled(cause?: unknown): DriverError {
  return new DriverError('backup_cancelled', 'the backup was cancelled', { cause })
}

function lengthOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0
}
