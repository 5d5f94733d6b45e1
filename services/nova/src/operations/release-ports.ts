import { failureOf } from './failure.ts'
import type { Run } from './operation.ts'
import type { PortOfServer } from './ports-of-servers.ts'
import { releasePort } from './release-port.ts'

/**
 * Gives up the ports of a server whose machine is gone. What the Networking service refuses is listed and retried as nova
 * itself; the server does not wait for it.
 *
 * @param who deletes what nova made: the user who asked, or for undoing nova itself
 */
export async function releasePorts(
  run: Run<unknown>,
  ports: readonly PortOfServer[],
  who: 'user' | 'nova',
): Promise<void> {
  for (const port of ports) {
    try {
      const nova = run.portsOfNova()
      await releasePort({ user: who === 'user' ? run.portsOfUser() : nova, nova }, port)
      await run.store.dropPort(port.uuid)
    } catch (error) {
      const left = { kind: 'server-port', id: port.uuid } as const
      const reason = failureOf(error).message
      run.log({ ...left, reason }, 'not released, will be tried again')
      await run.store.leave(run.operation, left, reason)
    }
  }
}
