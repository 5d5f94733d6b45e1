import { once } from 'node:events'
import { closeSync, createWriteStream, openSync, rmSync } from 'node:fs'
import { createServer, type Server, type Socket } from 'node:net'
import { join } from 'node:path'
import { pipeline } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import type { QmpClient } from '@longhaul/qemu'
import { moveIntoPlace } from '../../record-file.ts'
import { DriverError } from '../driver.ts'

/** In the guest's directory, where QEMU is started: the path of a socket is short. */
const memorySocket = 'memory.sock'
const pollMilliseconds = 20
/** Bytes a second; the guest stands still meanwhile. */
const unlimited = 2 ** 50

interface Migration {
  status: string
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
  const over = new AbortController()
  try {
    const path = join('/proc/self/fd', String(opened), memorySocket)
    rmSync(path, { force: true })
    await once(server.listen(path), 'listening')
    const received = receive(server, unfinished, over.signal)
    // It is looked at when QEMU has ended its part.
    received.catch(() => {})
    await qmp.execute('migrate-set-parameters', { 'max-bandwidth': unlimited })
    await qmp.execute('migrate', { uri: `unix:${memorySocket}` })
    const { status, 'error-desc': why = status } = await migrated(qmp, signal)
    await received
    signal.throwIfAborted()
    if (status !== 'completed') {
      throw new DriverError('guest_not_suspended', `the guest's memory could not be saved: ${why}`)
    }
    await moveIntoPlace(unfinished, memory)
  } catch (error) {
    rmSync(unfinished, { force: true })
    throw error
  } finally {
    over.abort()
    server.close()
    closeSync(opened)
  }
}

async function receive(server: Server, file: string, over: AbortSignal): Promise<void> {
  const [socket] = (await once(server, 'connection', { signal: over })) as [Socket]
  await pipeline(socket, createWriteStream(file, { mode: 0o600 }), { signal: over })
}

/** Waits for the end of a migration, which the signal brings about. */
async function migrated(qmp: QmpClient, signal: AbortSignal): Promise<Migration> {
  let cancelled = false
  for (;;) {
    const migration = await qmp.execute<Migration>('query-migrate')
    if (['completed', 'failed', 'cancelled'].includes(migration.status)) return migration
    if (signal.aborted && !cancelled) {
      cancelled = true
      await qmp.execute('migrate_cancel')
    }
    await delay(pollMilliseconds)
  }
}
