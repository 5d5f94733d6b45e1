import { volumeNotAttached } from '../driver.ts'
import { guestAbsent, type Host } from './host.ts'
import { guestUnknown } from './launch.ts'
import { volumeName } from './volume-node.ts'

/**
 * Shows a guest that a volume is larger now. One that is off is started with the new size.
 *
 * @param size bytes
 * @throws DriverError as `VirtDriver.extendVolume`
 */
export async function extendVolume(
  host: Host,
  id: string,
  { volume, size }: { volume: string; size: number },
): Promise<void> {
  const { instances, logger } = host
  if (!instances.exists(id)) throw guestAbsent()
  const guest = instances.guest(id)
  if (!guest) throw guestUnknown()
  if (!guest.volumes.some((one) => one.id === volume)) throw volumeNotAttached()
  if (!host.search(id)) return
  const name = volumeName(volume)
  await host.withMonitor(id, async (qmp) => {
    // What serves the volume may have cut the machine off to resize it: a read connects again, and learns the new size.
    await qmp.execute('human-monitor-command', { 'command-line': `qemu-io ${name} "read 0 512"` })
    await qmp.execute('block_resize', { 'node-name': name, size })
  })
  logger.info({ server: id, volume, size }, 'volume extended')
}
