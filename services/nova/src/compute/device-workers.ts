import type { VirtDriver } from '../virt/driver.ts'
import type { Workers } from './jobs.ts'

type DeviceKind = 'attach_volume' | 'detach_volume' | 'extend_volume' | 'attach_port' | 'detach_port'

/** How machines get and lose volumes and ports. */
export function deviceWorkers(driver: VirtDriver): Pick<Workers, DeviceKind> {
  return {
    async attach_volume({ request }) {
      await driver.attachVolume(request.server, request.params.volume)
      return {}
    },
    async detach_volume({ request, signal }) {
      await driver.detachVolume(request.server, request.params.volume, signal)
      return {}
    },
    async extend_volume({ request }) {
      const { volume, size } = request.params
      await driver.extendVolume(request.server, volume, size)
      return {}
    },
    async attach_port({ request }) {
      await driver.attachPort(request.server, request.params.port)
      return {}
    },
    async detach_port({ request, signal }) {
      await driver.detachPort(request.server, request.params.port, signal)
      return {}
    },
  }
}
