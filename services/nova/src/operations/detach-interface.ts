// A port leaves a server.
import { NotFound } from '@longhaul/keystoneauth'
import { deviceEnding } from './device-ending.ts'
import { forgetOrLeave } from './forget.ts'
import { plugPort, unplugPort, wiredPort } from './guest-port.ts'
import type { Operation, Run } from './operation.ts'
import { dropPort, type PortOfServer } from './ports-of-servers.ts'
import { releasePort } from './release-port.ts'

export interface DetachInterfaceInput {
  /** Of the row of `server_ports`. */
  uuid: string
  portId: string
}

interface Facts {
  /** Absent: it is on none. */
  host?: string
  /** Absent: the server does not have it any more, an earlier request has taken it away. */
  port?: PortOfServer
}

const ending = deviceEnding<DetachInterfaceInput, Facts>('compute_detach_interface', (trx, { uuid }) =>
  dropPort(trx, uuid),
)

/** @see openstack/nova nova/compute/manager.py, detach_interface */
export const detachInterface: Operation<DetachInterfaceInput, Facts> = {
  kind: 'detach-interface',
  event: 'compute_detach_interface',
  steps: [
    {
      name: 'unplug',
      async do(run) {
        const { host } = await run.store.server(run.operation.serverId)
        const port = await run.store.port(run.input.uuid)
        if (host === null || !port) return port ? { port } : {}
        const what = { step: 'unplug', server: run.operation.serverId, port: run.input.portId }
        await unplugPort(await run.agent(host), what, run.checkWish)
        return { host, port }
      },
      undo: [
        { name: 'replug', do: replug },
        {
          name: 'forget',
          async do(run) {
            const { host } = await run.store.server(run.operation.serverId)
            if (host !== null) await forgetOrLeave(run, host)
          },
        },
      ],
    },
    {
      // A user who may not do it any more leaves the port to the server; the machine gets it back then.
      name: 'release',
      when: ({ port }) => port !== undefined,
      uninterruptible: true,
      do: (run, { port }) => releasePort({ user: run.portsOfUser(), nova: run.portsOfNova() }, port!),
    },
    ...ending.steps,
  ],
  reset: ending.reset,
}

/** As it was, if the port still is the server's. If it is not, the server has lost it. */
async function replug(run: Run<DetachInterfaceInput>): Promise<void> {
  const { uuid, portId } = run.input
  const { serverId } = run.operation
  const [server, row] = [await run.store.server(serverId), await run.store.port(uuid)]
  if (!row) return
  const nova = run.portsOfNova()
  try {
    const { device_id: holder } = await nova.port(portId)
    if (holder !== serverId) await run.store.dropPort(uuid)
    else if (server.host !== null) {
      const port = await wiredPort(nova, portId)
      await plugPort(await run.agent(server.host), { step: 'replug', server: serverId, port })
    }
  } catch (error) {
    if (!(error instanceof NotFound)) throw error
    await run.store.dropPort(uuid)
  }
}
