import type { QmpClient, QmpEvent } from '@longhaul/qemu'
import { DriverError } from '../driver.ts'
import { unlessRefused } from './qmp-waiting.ts'

/** How long a guest may take to let go of a device. @see openstack/nova, [libvirt] device_detach_attempts */
export interface DetachSettings {
  device_detach_attempts: number
  /** Seconds for each attempt. */
  device_detach_timeout: number
}

const answers: ReadonlySet<string> = new Set(['DEVICE_DELETED', 'DEVICE_UNPLUG_GUEST_ERROR'])

/** Whether QEMU has a device that was plugged, or is on its way out. */
export async function hasDevice(qmp: QmpClient, id: string): Promise<boolean> {
  const children = await qmp.execute<{ name: string }[]>('qom-list', { path: '/machine/peripheral' })
  return children.some(({ name }) => name === id)
}

/**
 * Asks the guest's system to let go of a device, again and again, and waits until it is gone.
 *
 * @throws DriverError `device_detach_failed`: the guest still has it; QmpError; the signal's reason
 * @see openstack/nova nova/virt/libvirt/driver.py, _detach_from_live_with_retry
 */
export async function unplug(
  qmp: QmpClient,
  id: string,
  { device_detach_attempts: attempts, device_detach_timeout: seconds }: DetachSettings,
  signal: AbortSignal,
): Promise<void> {
  for (let attempt = 1; attempt <= attempts; attempt++) {
    if (!(await hasDevice(qmp, id))) return
    const enough = AbortSignal.timeout(seconds * 1000)
    await Promise.all([
      untilAnswered(qmp, id, AbortSignal.any([enough, signal])),
      unlessRefused(qmp.execute('device_del', { id })),
    ])
    signal.throwIfAborted()
  }
  if (!(await hasDevice(qmp, id))) return
  throw new DriverError('device_detach_failed', 'the machine does not let go of the device')
}

/** Waits for what comes of an attempt; its time may run out as well. @throws QmpError `qmp_disconnected` */
async function untilAnswered(qmp: QmpClient, id: string, signal: AbortSignal): Promise<void> {
  const fits = ({ event, data }: QmpEvent) => answers.has(event) && data?.['device'] === id
  try {
    await qmp.waitFor(fits, { signal, fresh: true })
  } catch (error) {
    if (!signal.aborted) throw error
  }
}
