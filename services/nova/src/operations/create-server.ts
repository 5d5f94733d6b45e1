import type { Port } from '../devices-protocol.ts'
import { powerStates } from '../servers/states.ts'
import { allocatePorts, type WantedPort } from './allocate-ports.ts'
import { connectedVolumes, connectVolumes, giveVolumesBack, type WantedVolume } from './connect-volumes.ts'
import { TerminalError } from './failure.ts'
import { forgetOrLeave } from './forget.ts'
import { wiredPort } from './guest-port.ts'
import type { Operation, Run } from './operation.ts'
import { portIdsOf } from './ports-of-servers.ts'
import { releasePorts } from './release-ports.ts'

export interface CreateServerInput {
  image: { id: string; disk_format: string | null }
  /** In the order of the machine's interfaces; absent: none. */
  ports?: WantedPort[]
  /** Absent: none. */
  volumes?: WantedVolume[]
}

interface Facts {
  host?: string
  /** Absent: it is to have none. */
  volumes?: WantedVolume[]
  /** Absent: it is to have none. */
  ports?: WantedPort[]
}

const event = 'compute__do_build_and_run_instance'

export interface CreateServerSettings {
  /** Seconds without a report after which a host gets no new server. */
  serviceDownTime: () => number
  now: () => Date
}

/** @see openstack/nova nova/conductor/manager.py, schedule_and_build_instances; nova/compute/manager.py, _do_build_and_run_instance */
export function createServer({
  serviceDownTime,
  now,
}: CreateServerSettings): Operation<CreateServerInput, Facts> {
  return {
    kind: 'create-server',
    event,
    steps: [
      {
        name: 'schedule',
        async do(run) {
          const since = new Date(now().getTime() - serviceDownTime() * 1000)
          const host = await run.store.claimHost(run.operation, since)
          const { ports, volumes } = run.input
          if (host !== undefined) return { host, ...(ports && { ports }), ...(volumes && { volumes }) }
          throw new TerminalError(
            'no_valid_host',
            'No valid host was found. There are not enough hosts available.',
          )
        },
        undo: [
          { name: 'destroy', do: destroy },
          { name: 'release-ports', do: giveUpPorts },
          { name: 'release-volumes', do: giveUpVolumes },
        ],
      },
      {
        name: 'allocate-ports',
        when: ({ ports }) => ports !== undefined,
        do: (run, { host, ports }) => allocatePorts(run, ports!, host!),
      },
      {
        name: 'connect-volumes',
        when: ({ volumes }) => volumes !== undefined,
        do: (run, { host, volumes }) => connectVolumes(run, volumes!, host!),
      },
      {
        name: 'spawn',
        async do(run, { host, volumes }) {
          await run.store.writeServer(run.operation, { task_state: 'spawning' })
          const { id, name, flavor } = await run.store.server(run.operation.serverId)
          const { ram, vcpus, disk } = flavor
          const params = {
            image: run.input.image,
            flavor: { ram, vcpus, disk },
            name,
            ...(await portsOf(run)),
            ...(volumes && { volumes: await connectedVolumes(run) }),
          }
          const agent = await run.agent(host!)
          const context = run.contextFor(host!)
          await agent.job({ step: 'boot', kind: 'boot', server: id, params, context }, run.checkWish)
        },
      },
      {
        name: 'complete-volumes',
        when: ({ volumes }) => volumes !== undefined,
        async do(run) {
          for (const { attachmentId } of await run.store.volumes(run.operation.serverId)) {
            await run.volumesOfUser().complete(attachmentId)
          }
        },
      },
      { name: 'forget', do: (run, { host }) => forgetOrLeave(run, host!) },
      {
        name: 'finish',
        uninterruptible: true,
        async do(run) {
          const changes = { vm_state: 'active', power_state: powerStates.running, launched_at: now() }
          await run.store.finish(run.operation, { event, changes })
        },
      },
    ],
    reset: {
      name: 'reset',
      async do(run, _facts, failure) {
        await run.store.finish(run.operation, { event, changes: { vm_state: 'error' }, failure })
      },
    },
  }
}

/** If the host cannot be asked it stays in the row, so that deleting the server destroys what may be there. */
async function destroy(run: Run<CreateServerInput>): Promise<void> {
  const { id, host } = await run.store.server(run.operation.serverId)
  if (host === null) return
  const agent = await run.agent(host)
  await agent.job({ step: 'destroy', kind: 'destroy', server: id, params: {} })
  await agent.forget()
  await run.store.writeServer(run.operation, { host: null, power_state: powerStates.nostate })
}

/** Its ports as they are wired on its host, if it has some. */
async function portsOf(run: Run<CreateServerInput>): Promise<{ ports?: Port[] }> {
  const ids = portIdsOf(await run.store.ports(run.operation.serverId))
  if (ids.length === 0) return {}
  const ports: Port[] = []
  for (const id of ids) ports.push(await wiredPort(run.portsOfNova(), id))
  return { ports }
}

/** While there may be a machine they stay, and go when the server is deleted. */
async function giveUpPorts(run: Run<CreateServerInput>): Promise<void> {
  const { id, host } = await run.store.server(run.operation.serverId)
  if (host === null) await releasePorts(run, await run.store.ports(id), 'nova')
}

/** As long as {@link giveUpPorts}. */
async function giveUpVolumes(run: Run<CreateServerInput>): Promise<void> {
  const { host } = await run.store.server(run.operation.serverId)
  if (host === null) await giveVolumesBack(run, run.input.volumes ?? [])
}
