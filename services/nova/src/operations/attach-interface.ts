// A port for a server: nova-api has reserved it, or made it with the row's UUID as its device.
import { bindPort } from './bind-port.ts'
import { deviceEnding, undoForget } from './device-ending.ts'
import { plugPort, unplugPort, wiredPort } from './guest-port.ts'
import type { Operation, Run } from './operation.ts'
import { releasePort } from './release-port.ts'
import { hostOf } from './server-host.ts'

export interface AttachInterfaceInput {
  /** Of the row of `server_ports`. */
  uuid: string
  portId: string
}

interface Facts {
  host?: string
}

const ending = deviceEnding<AttachInterfaceInput, Facts>('compute_attach_interface')

/** @see openstack/nova nova/compute/manager.py, attach_interface; nova/network/neutron.py, allocate_for_instance */
export const attachInterface: Operation<AttachInterfaceInput, Facts> = {
  kind: 'attach-interface',
  event: 'compute_attach_interface',
  steps: [
    {
      name: 'bind',
      do: bind,
      undo: [
        {
          name: 'unbind',
          do: unbind,
          leftover: (run, { host }) => ({
            kind: 'server-port',
            id: run.input.uuid,
            ...(host === undefined ? {} : { host }),
          }),
        },
        undoForget,
      ],
    },
    {
      name: 'plug',
      async do(run, { host }) {
        const port = await wiredPort(run.portsOfNova(), run.input.portId)
        const what = { step: 'plug', server: run.operation.serverId, port }
        await plugPort(await run.agent(host!), what, run.checkWish)
      },
    },
    ...ending.steps,
  ],
  reset: ending.reset,
}

async function bind(run: Run<AttachInterfaceInput>): Promise<Facts> {
  const host = await hostOf(run)
  await bindPort(run, run.input, host)
  return { host }
}

/** The machine lets go first. */
async function unbind(run: Run<AttachInterfaceInput>, { host }: Facts): Promise<void> {
  const { uuid, portId } = run.input
  if (host !== undefined) {
    const what = { step: 'unplug', server: run.operation.serverId, port: portId }
    await unplugPort(await run.agent(host), what)
  }
  const port = await run.store.port(uuid)
  if (!port) return
  const nova = run.portsOfNova()
  await releasePort({ user: nova, nova }, port)
  await run.store.dropPort(uuid)
}
