// Power and pause of guests. Each of these may be repeated, after a crash at any place too.
import type { RebootOptions, ShutdownOptions } from '../driver.ts'
import { guestAbsent, type Host } from './host.ts'
import { answers, launch } from './launch.ts'
import { isSame } from './process.ts'
import { shutDown } from './shutdown.ts'

/** Starts a guest that has a disk, unless it runs. */
export async function start(host: Host, id: string): Promise<void> {
  if (!host.instances.exists(id)) throw guestAbsent()
  const process = host.search(id)
  if (process && (await answers(host, id, process))) return
  await launch(host, id)
}

export async function stop(host: Host, id: string, options: ShutdownOptions): Promise<void> {
  if (!host.instances.exists(id)) throw guestAbsent()
  const process = host.search(id)
  if (process) await shutDown(host, id, process, options)
}

/** Ends a guest's process and starts it again. One that another process than the one before the reboot runs has been rebooted. */
export async function reboot(host: Host, id: string, options: RebootOptions): Promise<void> {
  const { instances } = host
  if (!instances.exists(id)) throw guestAbsent()
  const process = host.search(id)
  const { operation } = options
  let begun = instances.reboot(id)
  if (begun?.operation !== operation) {
    begun = { operation, process: process ?? null }
    instances.setReboot(id, begun)
  }
  const rebooted = process && !(begun.process && isSame(process, begun.process))
  if (rebooted && (await answers(host, id, process))) return
  if (process && !rebooted) await shutDown(host, id, process, options)
  await launch(host, id)
}

export async function pause(host: Host, id: string): Promise<void> {
  await host.withMonitor(id, (qmp) => qmp.execute('stop'))
}

export async function unpause(host: Host, id: string): Promise<void> {
  await host.withMonitor(id, async (qmp) => {
    host.instances.forgetMemory(id)
    await qmp.execute('cont')
  })
}
