import { powerStates } from '../servers/states.ts'
import { giveVolumesBack, type WantedVolume } from './connect-volumes.ts'
import { forgetOrLeave } from './forget.ts'
import type { Operation } from './operation.ts'
import type { PortOfServer } from './ports-of-servers.ts'
import { releasePorts } from './release-ports.ts'
import { releaseVolumes } from './release-volumes.ts'
import type { VolumeOfServer } from './volumes-of-servers.ts'

interface Facts {
  host?: string
  /** Absent: it has none. */
  volumes?: VolumeOfServer[]
  /** Volumes of a server that was not built, of which Cinder may have something; absent: none. */
  unconnected?: WantedVolume[]
  /** Absent: it has none. */
  ports?: PortOfServer[]
}

const event = 'compute_terminate_instance'

/** @see openstack/nova nova/compute/manager.py, terminate_instance */
export function deleteServer({ now }: { now: () => Date }): Operation<Record<string, never>, Facts> {
  return {
    kind: 'delete-server',
    event,
    steps: [
      {
        name: 'destroy',
        uninterruptible: true,
        untilDone: true,
        async do(run) {
          const { id, host } = await run.store.server(run.operation.serverId)
          if (host === null) return {}
          const agent = await run.agent(host)
          await agent.job({ step: 'destroy', kind: 'destroy', server: id, params: {} })
          const volumes = await run.store.volumes(id)
          const unconnected = await run.store.unconnectedVolumes(id)
          const ports = await run.store.ports(id)
          return {
            host,
            ...(volumes.length > 0 ? { volumes } : {}),
            ...(unconnected.length > 0 ? { unconnected } : {}),
            ...(ports.length > 0 ? { ports } : {}),
          }
        },
      },
      {
        name: 'release-volumes',
        when: ({ volumes }) => volumes !== undefined,
        uninterruptible: true,
        do: (run, { volumes }) => releaseVolumes(run, volumes!),
      },
      {
        name: 'give-volumes-back',
        when: ({ unconnected }) => unconnected !== undefined,
        uninterruptible: true,
        do: (run, { unconnected }) => giveVolumesBack(run, unconnected!),
      },
      {
        name: 'release-ports',
        when: ({ ports }) => ports !== undefined,
        uninterruptible: true,
        do: (run, { ports }) => releasePorts(run, ports!, 'user'),
      },
      {
        name: 'forget',
        uninterruptible: true,
        async do(run, { host }) {
          if (host !== undefined) await forgetOrLeave(run, host)
        },
      },
      {
        name: 'finish',
        uninterruptible: true,
        async do(run) {
          const changes = { vm_state: 'deleted', power_state: powerStates.nostate, deleted_at: now() }
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
