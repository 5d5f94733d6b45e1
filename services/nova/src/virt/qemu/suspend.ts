// A suspended guest is a disk and a file of what was in its memory.
import { setTimeout as delay } from 'node:timers/promises'
import { DriverError } from '../driver.ts'
import { guestAbsent, guestStopped, type Host } from './host.ts'
import { endOf, launch } from './launch.ts'
import { runStateOf, saveMemory, settled } from './memory-file.ts'
import { endGuest } from './process.ts'

const pollMilliseconds = 20
/** QEMU's run states when it has written the memory. */
const saved: ReadonlySet<string> = new Set(['finish-migrate', 'postmigrate'])

/**
 * Writes a guest's memory to a file and ends its process. The file gets its name when it is whole: from then on the guest
 * is suspended, whatever happens to the agent or to QEMU. After a failure it goes on.
 */
export async function suspend(host: Host, id: string, signal: AbortSignal): Promise<void> {
  const { instances, monitors, logger } = host
  if (!instances.isSuspended(id)) {
    await host.withMonitor(id, async (qmp) => {
      if ((await settled(qmp)) === 'postmigrate') await qmp.execute('cont')
      await qmp.execute('stop')
      try {
        await saveMemory(qmp, instances.paths(id), signal)
      } catch (error) {
        await settled(qmp)
        await qmp.execute('cont')
        throw error
      }
    })
  }
  const process = host.search(id)
  if (process) await endGuest(process)
  monitors.close(id)
  logger.info({ server: id }, 'guest suspended')
}

/** Lets a suspended guest go on where it was. */
export async function resume(host: Host, id: string): Promise<void> {
  const { instances, logger } = host
  if (!instances.exists(id)) throw guestAbsent()
  const process = host.search(id)
  if (!process && !instances.isSuspended(id)) throw guestStopped()
  if (!process) await launch(host, id, { memory: true })
  else if (instances.isSuspended(id) && saved.has(await host.withMonitor(id, runStateOf))) {
    // An agent that died had not ended it yet.
    await endGuest(process)
    await launch(host, id, { memory: true })
  }
  try {
    await host.withMonitor(id, async (qmp) => {
      while ((await runStateOf(qmp)) === 'inmigrate') await delay(pollMilliseconds)
      instances.forgetMemory(id)
      await qmp.execute('cont')
    })
  } catch (cause) {
    if (!(cause instanceof DriverError) || !cause.terminal || !instances.isSuspended(id)) throw cause
    const why = endOf(instances.paths(id).errors)
    throw new DriverError('guest_not_resumed', `QEMU cannot read the guest's memory: ${why}`, { cause })
  }
  logger.info({ server: id }, 'guest resumed')
}
