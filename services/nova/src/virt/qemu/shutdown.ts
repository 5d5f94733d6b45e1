import type { ShutdownOptions } from '../driver.ts'
import type { Host } from './host.ts'
import { endGuest, untilGone, type GuestProcess } from './process.ts'

/** @see openstack/nova nova/compute/manager.py, SHUTDOWN_RETRY_INTERVAL */
const repeatMilliseconds = 10_000

/**
 * Powers a guest off: its system is asked to, and what still runs after that is ended. What is on its disk stays.
 *
 * @throws DriverError `guest_not_ended`; the signal's reason, while the guest may still do what it was asked
 */
export async function shutDown(
  host: Host,
  id: string,
  process: GuestProcess,
  options: ShutdownOptions,
): Promise<void> {
  const clean = options.graceMilliseconds > 0 && (await poweredOffItself(host, id, process, options))
  if (!clean) await endGuest(process)
  host.monitors.close(id)
  host.logger.info({ server: id, process: process.pid, clean }, 'guest powered off')
}

async function poweredOffItself(
  host: Host,
  id: string,
  process: GuestProcess,
  { graceMilliseconds, signal }: ShutdownOptions,
): Promise<boolean> {
  for (let left = graceMilliseconds; left > 0; left -= repeatMilliseconds) {
    // One that is paused would not hear it.
    if (!(await asked(host, id))) break
    if (await untilGone(process, Math.min(left, repeatMilliseconds), signal)) return true
  }
  return false
}

/** Presses the power button. A guest that is just starting does not notice that, so it is done again and again. */
async function asked(host: Host, id: string): Promise<boolean> {
  try {
    const qmp = await host.monitors.get(id)
    const { running } = await qmp.execute<{ running: boolean }>('query-status')
    if (running) await qmp.execute('system_powerdown')
    return running
  } catch {
    return false
  }
}
