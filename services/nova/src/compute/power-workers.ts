import type { ShutdownOptions, VirtDriver } from '../virt/driver.ts'
import type { Work, Workers } from './jobs.ts'

/** Seconds. @see openstack/nova, [DEFAULT] shutdown_timeout */
const shutdownTimeout = 60
/** Seconds. @see openstack/nova, [libvirt] wait_soft_reboot_seconds */
const softRebootTimeout = 120

type PowerKind = 'start' | 'stop' | 'reboot' | 'pause' | 'unpause' | 'suspend' | 'resume'

/** How a machine's power is changed; each tells the power state that came of it. */
export function powerWorkers(driver: VirtDriver): Pick<Workers, PowerKind> {
  const result = async ({ request }: Pick<Work, 'request'>) => ({
    power_state: await driver.powerState(request.server),
  })
  return {
    async start(work) {
      await driver.start(work.request.server)
      return result(work)
    },
    async stop(work) {
      const { server, params } = work.request
      await driver.stop(server, shutdown(params.shutdown_timeout ?? shutdownTimeout, work.signal))
      return result(work)
    },
    async reboot(work) {
      const { server, params } = work.request
      const { type, shutdown_timeout: seconds = softRebootTimeout } = params
      const options = shutdown(type === 'HARD' ? 0 : seconds, work.signal)
      await driver.reboot(server, { operation: work.operation, ...options })
      return result(work)
    },
    async pause(work) {
      await driver.pause(work.request.server)
      return result(work)
    },
    async unpause(work) {
      await driver.unpause(work.request.server)
      return result(work)
    },
    async suspend(work) {
      await driver.suspend(work.request.server, work.signal)
      return result(work)
    },
    async resume(work) {
      await driver.resume(work.request.server)
      return result(work)
    },
  }
}

function shutdown(seconds: number, signal: AbortSignal): ShutdownOptions {
  return { graceMilliseconds: seconds * 1000, signal }
}
