import { once } from 'node:events'
import { closeSync, createWriteStream, openSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { QmpClient } from '@longhaul/qemu'
import { moveIntoPlace } from '../../record-file.ts'
import { DriverError } from '../driver.ts'
import { configureMigration } from './migration-channel.ts'

/** In the guest's directory, where QEMU is started: the path of a socket is short. */
const memorySocket = 'memory.sock'
const pollMilliseconds = 20

/** Migrations that are not under way; undefined: there was none. */
const over: ReadonlySet<string | undefined> = new Set([undefined, 'none', 'completed', 'failed', 'cancelled'])

interface Migration {
  status?: string
  'error-desc'?: string
}

/**
 * Has a stopped guest's memory and the state of its devices written to a file, whole or not at all.
 *
 * QEMU writes to a socket and not to the file: it cannot tell when a file has reached the disk.
 *
 * @param signal ends it
 * @throws DriverError `guest_not_suspended`; QmpError; the system's error about the file; the signal's reason
 */
export async function saveMemory(
  qmp: QmpClient,
  { directory, memory }: { directory: string; memory: string },
  signal: AbortSignal,
): Promise<void> {
  const unfinished = `${memory}.new`
  const opened = openSync(directory, 'r')
  const server = createServer()
  const closing = new AbortController()
  try {
    const path = join('/proc/self/fd', String(opened), memorySocket)
    rmSync(path, { force: true })
    await once(server.listen(path), 'listening')
    const received = receive(server, unfinished, closing.signal)
    // It is looked at when QEMU has ended its part.
    received.catch(() => {})
    await configureMigration(qmp, [])
    await qmp.execute('migrate', { uri: `unix:${memorySocket}` })
    const { status, 'error-desc': why = status } = await migrated(qmp, signal)
    await received
    signal.throwIfAborted()
    if (status !== 'completed') {
      throw new DriverError(
        'guest_not_suspended',
        `the guest's memory could not be saved: ${why ?? 'unknown'}`,
      )
    }
    await moveIntoPlace(unfinished, memory)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  } finally {
    closing.abort()
    server.close()
    closeSync(opened)
  }
}

async function receive(server: Server, file: string, closing: AbortSignal): Promise<void> {
  const [socket] = (await once(server, 'connection', { signal: closing })) as [Socket]
  await pipeline(socket, createWriteStream(file, { mode: 0o600 }), { signal: closing })
}

/** Waits for the end of a migration if there is one, which the signal brings about. */
async function migrated(qmp: QmpClient, signal: AbortSignal): Promise<Migration> {
  let cancelled = false
  for (;;) {
    const migration = await qmp.execute<Migration>('query-migrate')
    if (over.has(migration.status)) return migration
    if (signal.aborted && !cancelled) {
      cancelled = true
      await qmp.execute('migrate_cancel')
    }
    await delay(pollMilliseconds)
  }
}

/**
 * Waits until QEMU is done with saving; what an agent that died has begun to save is given up.
 *
 * @returns QEMU's run state; `postmigrate`: the memory was saved, and the guest must go on before it can be saved again
 */
export async function settled(qmp: QmpClient): Promise<string> {
  await migrated(qmp, AbortSignal.abort())
  for (;;) {
    const state = await runStateOf(qmp)
    // QEMU tells the end before it has come to it.
    if (state !== 'finish-migrate') return state
    await delay(pollMilliseconds)
  }
}

export async function runStateOf(qmp: QmpClient): Promise<string> {
  return (await qmp.execute<{ status: string }>('query-status')).status
}
