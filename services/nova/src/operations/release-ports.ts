import { failureOf } from './failure.ts'
import type { Run } from './operation.ts'
import type { PortOfServer } from './ports-of-servers.ts'
import { releasePort } from './release-port.ts'

/**
 * Gives up the ports of a server whose machine is gone. What the Networking service refuses is listed and retried as nova
 * itself; the server does not wait for it.
 */
export async function releasePorts(run: Run<unknown>, ports: readonly PortOfServer[]): Promise<void> {
  for (const port of ports) {
    try {
      await releasePort({ user: run.portsOfUser(), nova: run.portsOfNova() }, port)
      await run.store.dropPort(port.uuid)
    } catch (error) {
      const left = { kind: 'server-port', id: port.uuid } as const
      const reason = failureOf(error).message
      run.log({ ...left, reason }, 'not released, will be tried again')
      await run.store.leave(run.operation, left, reason)
    }
  }
}
