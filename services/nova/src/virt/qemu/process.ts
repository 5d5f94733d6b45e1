import { endProcess, ProcessNotEndedError, type QemuProcess } from '@longhaul/qemu'
import { DriverError } from '../driver.ts'

export {
  findProcess,
  findProcesses,
  inputDescriptor,
  isAlive,
  isSame,
  runsWith,
  startProcess as startGuest,
  untilGone,
  type QemuProcess as GuestProcess,
} from '@longhaul/qemu'

/**
 * Ends a guest's process; resolves when it is gone.
 *
 * @param graceMilliseconds between SIGTERM and SIGKILL
 * @throws DriverError `guest_not_ended` when it outlives SIGKILL too
 */
export async function endGuest(guest: QemuProcess, graceMilliseconds?: number): Promise<void> {
  try {
    await endProcess(guest, graceMilliseconds)
  } catch (cause) {
    if (!(cause instanceof ProcessNotEndedError)) throw cause
    throw new DriverError('guest_not_ended', 'the guest does not end', { terminal: false, cause })
  }
}
