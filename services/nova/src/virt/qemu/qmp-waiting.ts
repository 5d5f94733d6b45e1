import { setTimeout as delay } from 'node:timers/promises'
import { QmpError, type QmpClient, type QmpEvent } from '@longhaul/qemu'

/** Resolves when an event fits, the connection ends, the signal is aborted, or after a while. */
export async function nextChange(
  qmp: QmpClient,
  fits: (event: QmpEvent) => boolean,
  milliseconds: number,
  signal?: AbortSignal,
): Promise<void> {
  const woken = new AbortController()
  const wake = () => woken.abort()
  const look = (event: QmpEvent) => {
    if (fits(event)) wake()
  }
  qmp.on('event', look)
  qmp.on('close', wake)
  signal?.addEventListener('abort', wake)
  await delay(milliseconds, undefined, { signal: woken.signal }).catch(() => {})
  qmp.off('event', look)
  qmp.off('close', wake)
  signal?.removeEventListener('abort', wake)
}

/** What QEMU refuses was done before. */
export async function unlessRefused(command: Promise<unknown>): Promise<void> {
  try {
    await command
  } catch (error) {
    if (!isRefusal(error)) throw error
  }
}

/** QEMU said no; it did nothing. */
export function isRefusal(error: unknown): error is QmpError {
  return error instanceof QmpError && error.code === 'qmp_command_failed'
}
