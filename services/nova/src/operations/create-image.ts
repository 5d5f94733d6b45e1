// A snapshot: the image was made by nova-api and waits in state queued.
import { NotFound } from '@longhaul/keystoneauth'
import type { BackupResult } from '../jobs-protocol.ts'
import type { TaskState } from '../servers/states.ts'
import { TerminalError } from './failure.ts'
import { forgetOrLeave } from './forget.ts'
import { stateOfGuest } from './guest-state.ts'
import type { Operation, Run } from './operation.ts'
import { hostOf } from './server-host.ts'

export interface CreateImageInput {
  imageId: string
}

interface Facts {
  host?: string
  /** Whether the machine ran when the snapshot began. */
  running?: boolean
  backup?: BackupResult
}

const event = 'compute_snapshot_instance'

/** @see openstack/nova nova/compute/manager.py, snapshot_instance; nova/virt/libvirt/driver.py, snapshot */
export const createImage: Operation<CreateImageInput, Facts> = {
  kind: 'create-image',
  event,
  steps: [
    {
      name: 'start-snapshot',
      async do(run) {
        await enter(run, 'image_snapshot')
        const host = await hostOf(run)
        const { vm_state } = await run.store.server(run.operation.serverId)
        await run.imagesOfUser().get(run.input.imageId)
        return { host, running: vm_state === 'active' || vm_state === 'paused' }
      },
      undo: [
        // Deleting comes first: it must not wait for a host that is away.
        {
          name: 'delete-image',
          do: (run) => deleteImage(run),
          leftover: (run) => ({ kind: 'image', id: run.input.imageId }),
        },
        {
          name: 'forget',
          async do(run, { host }) {
            if (host !== undefined) await (await run.agent(host)).forget()
          },
          leftover: (run, { host }) =>
            host === undefined ? undefined : { kind: 'agent-operation', id: run.operation.id, host },
        },
      ],
    },
    {
      name: 'extract',
      async do(run, facts) {
        const agent = await run.agent(facts.host!)
        const { serverId: server } = run.operation
        const params = { running: facts.running! }
        const result = await agent.job({ step: 'backup', kind: 'backup', server, params }, run.checkWish)
        return { backup: result as unknown as BackupResult }
      },
    },
    { name: 'pending-upload', do: (run) => enter(run, 'image_pending_upload') },
    {
      name: 'update-image',
      async do(run, { backup }) {
        const { flavor, image_id: base } = await run.store.server(run.operation.serverId)
        const images = run.imagesOfUser()
        const image = await images.get(run.input.imageId)
        if (image.status !== 'queued') return
        await images.patch(run.input.imageId, [
          { op: 'replace', path: '/disk_format', value: backup!.disk_format },
          { op: 'replace', path: '/container_format', value: 'bare' },
          { op: 'replace', path: '/min_disk', value: flavor.disk || gibibytes(backup!.virtual_size) },
          { op: 'add', path: '/base_image_ref', value: base },
          { op: 'add', path: '/image_location', value: 'snapshot' },
          { op: 'add', path: '/image_state', value: 'available' },
        ])
      },
    },
    { name: 'uploading', do: (run) => enter(run, 'image_uploading') },
    {
      name: 'upload',
      async do(run, { host, backup }) {
        const agent = await run.agent(host!)
        const params = { image: run.input.imageId, sha512: backup!.sha512 }
        const context = run.contextFor(host!)
        const server = run.operation.serverId
        await agent.job({ step: 'upload', kind: 'upload', server, params, context }, run.checkWish)
      },
    },
    {
      name: 'verify-image',
      uninterruptible: true,
      async do(run, { backup }) {
        const image = await run.imagesOfUser().get(run.input.imageId)
        if (image.status === 'active' && image.os_hash_value === backup!.sha512) return
        throw new TerminalError('image_differs', `the image is ${image.status} and not what was uploaded`)
      },
    },
    { name: 'forget', uninterruptible: true, do: (run, { host }) => forgetOrLeave(run, host!) },
    {
      name: 'finish',
      uninterruptible: true,
      do: (run) => run.store.finish(run.operation, { event, changes: {} }),
    },
  ],
  reset: {
    name: 'reset',
    async do(run, { host }, failure) {
      const changes = host === undefined ? {} : await stateOfGuest(run, host)
      await run.store.finish(run.operation, { event, changes, failure })
    },
  },
}

async function enter(run: Run<CreateImageInput>, task_state: TaskState): Promise<void> {
  await run.store.writeServer(run.operation, { task_state })
}

async function deleteImage(run: Run<CreateImageInput>): Promise<void> {
  const images = run.imagesOfNova() ?? run.imagesOfUser()
  try {
    await images.delete(run.input.imageId)
  } catch (error) {
    if (!(error instanceof NotFound)) throw error
  }
}

function gibibytes(bytes: number): number {
  return Math.ceil(bytes / 2 ** 30)
}
