// The way of a server from one host to another while it runs. docs/decisions/0007-live-migration.md tells why it is this way.
import type { Destination, Moved } from '../migration-protocol.ts'
import { powerStateOf, powerStates } from '../servers/states.ts'
import { connectorOf } from './connector.ts'
import { failureOf, StaleAttempt, TerminalError, TransientError, type Failure } from './failure.ts'
import { forgetOrLeave } from './forget.ts'
import { stateOfGuest } from './guest-state.ts'
import { connectedVolume } from './guest-volume.ts'
import { deleteStrayAttachments } from './migration-attachments.ts'
import type { LiveMigrationFacts as Facts, Replaced } from './migration-facts.ts'
import { bindToDestination, bindWhereItRuns, portsAtDestination } from './migration-ports.ts'
import { confirmOrLeave } from './migration-confirmation.ts'
import { giveUp } from './migration-retreat.ts'
import { watchMigration, type MigrationLimits } from './migration-watch.ts'
import type { Operation, Run } from './operation.ts'
import { hostOf } from './server-host.ts'

export interface LiveMigrationInput {
  /** The destination that was asked for; null: any. */
  host: string | null
  /** True: the disk is copied; false: both hosts have the same; null: as it is. */
  block: boolean | null
}

type MigrationRun = Run<LiveMigrationInput>

export interface LiveMigrationSettings extends MigrationLimits {
  /** Seconds without a report after which a host is no destination. */
  serviceDownTime: () => number
  /** Machines that leave a host at a time; 0: any number. */
  places: () => number
  /** Bytes a second; 0: unlimited. */
  bandwidth: () => number
  /** Milliseconds that a machine may stand still at the end. */
  downtime: () => number
  autoConverge: () => boolean
  /** Whether the machine may go on before its memory is there. */
  postCopy: () => boolean
}

const event = 'compute_live_migration'

/** Failures after which a migration was given up and did not go wrong. */
const givenUp: ReadonlySet<string> = new Set([
  'migration_aborted',
  'completion_timeout',
  'delete_requested',
  'rollback_requested',
])

/** @see openstack/nova nova/conductor/tasks/live_migrate.py; nova/compute/manager.py, live_migration and what follows it */
export function liveMigration(settings: LiveMigrationSettings): Operation<LiveMigrationInput, Facts> {
  return {
    kind: 'live-migration',
    event,
    steps: [
      {
        name: 'schedule',
        async do(run) {
          const host = await hostOf(run)
          const freshSince = new Date(settings.now().getTime() - settings.serviceDownTime() * 1000)
          const only = run.input.host ?? undefined
          const destination = await run.store.claimDestination(run.operation, { freshSince, only })
          if (destination !== undefined) return { host, destination }
          throw new TerminalError(
            'no_valid_host',
            'No valid host was found. There are not enough hosts available.',
          )
        },
      },
      {
        name: 'queue',
        untilDone: true,
        async do(run, { host }) {
          if (await run.store.takePlace(run.operation, host!, settings.places())) return
          throw new TransientError('no_place', 'other machines leave the host')
        },
      },
      {
        name: 'connect',
        do: connectToDestination,
        undo: [
          {
            name: 'disconnect',
            do: (run) => strayAttachments(run, run.volumesOfNova() ?? run.volumesOfUser()),
            leftover: (run) => ({ kind: 'migration-attachments', id: run.operation.id }),
          },
        ],
      },
      {
        name: 'bind-ports',
        do: bindToDestination,
        undo: [
          {
            // Before the server has arrived that is the source, afterwards the destination.
            name: 'unbind',
            do: bindWhereItRuns,
            leftover: (run) => ({ kind: 'migration-bindings', id: run.operation.id }),
          },
        ],
      },
      {
        name: 'describe',
        async do(run, { host }) {
          return { machine: await (await run.agent(host!)).machine(run.operation.serverId) }
        },
      },
      {
        name: 'prepare',
        do: async (run, facts) => ({
          ...(await prepareDestination(run, facts)),
          // Decided once: from the moment when it is used there is no way back.
          postCopy: settings.postCopy(),
        }),
        undo: [
          { name: 'give-up', untilDone: true, do: giveUp },
          {
            name: 'forget',
            async do(run, { host, destination }) {
              for (const one of [destination!, host!]) await forgetOrLeave(run, one)
            },
          },
        ],
      },
      {
        name: 'complete-attachments',
        async do(run, { attachments }) {
          for (const { new: id } of attachments!) await run.volumesOfUser().complete(id)
        },
      },
      {
        name: 'migrate',
        noWayBack: mayBePostCopied,
        do: (run, facts) => migrate(run, facts, settings),
      },
      {
        name: 'arrive',
        uninterruptible: true,
        untilDone: true,
        do: arrive,
      },
      {
        name: 'activate-bindings',
        when: ({ ports }) => ports!.length > 0,
        uninterruptible: true,
        do: bindWhereItRuns,
        // The machine has left all the same.
        undo: [{ name: 'confirm', do: confirmOrLeave }],
      },
      { name: 'confirm', uninterruptible: true, do: confirmOrLeave },
      {
        name: 'disconnect',
        uninterruptible: true,
        async do(run, { attachments }) {
          for (const { old } of attachments!) await run.volumesOfUser().deleteAttachment(old)
        },
      },
      {
        name: 'forget',
        uninterruptible: true,
        async do(run, { host, destination }) {
          for (const one of [destination!, host!]) await forgetOrLeave(run, one)
        },
      },
      {
        name: 'finish',
        uninterruptible: true,
        do: (run) => end(run, settings, { status: 'completed', changes: {} }),
      },
    ],
    reset: {
      name: 'reset',
      async do(run, { destination }, failure) {
        const { host: at } = await run.store.server(run.operation.serverId)
        const arrived = at !== null && at === destination
        const changes = at === null ? {} : await stateOfGuest(run, at)
        const status = !arrived && givenUp.has(failure.code) ? 'cancelled' : 'error'
        await end(run, settings, { status, changes, failure })
      },
    },
  }
}

/** Gives each volume an attachment for the destination beside the one it has. */
async function connectToDestination(run: MigrationRun, { destination }: Facts): Promise<Partial<Facts>> {
  const { serverId } = run.operation
  const record = await run.store.hostRecord(destination!)
  const cinder = run.volumesOfUser()
  // An earlier try, or an earlier migration, may have left some, for whatever host.
  await strayAttachments(run, cinder)
  const attachments: Replaced[] = []
  for (const { volumeId: volume, attachmentId: old, deviceName } of await run.store.volumes(serverId)) {
    // Whoever has taken over makes its own.
    await run.store.wish(run.operation)
    const { id } = await cinder.createAttachment(volume, serverId, connectorOf(record, deviceName))
    try {
      await run.store.wish(run.operation)
    } catch (error) {
      if (error instanceof StaleAttempt) await cinder.deleteAttachment(id)
      throw error
    }
    attachments.push({ volume, old, new: id })
  }
  return { attachments }
}

async function prepareDestination(run: MigrationRun, facts: Facts): Promise<Partial<Facts>> {
  const { machine, destination, attachments } = facts
  const ports = await portsAtDestination(run, facts)
  const cinder = run.volumesOfUser()
  const volumes = []
  for (const { volume, new: attachment } of attachments!) {
    volumes.push(connectedVolume(volume, await cinder.attachment(attachment)))
  }
  const { block } = run.input
  const params = { machine: machine!, volumes, ports, ...(block === null ? {} : { block }) }
  const job = { step: 'prepare-incoming', kind: 'prepare_incoming', params } as const
  const context = run.contextFor(destination!)
  const agent = await run.agent(destination!)
  const result = await agent.job({ ...job, server: run.operation.serverId, context }, run.checkWish)
  return { awaited: result['destination'] as Destination }
}

async function migrate(
  run: MigrationRun,
  facts: Facts,
  settings: LiveMigrationSettings,
): Promise<Partial<Facts>> {
  const { host, machine, awaited } = facts
  const agent = await run.agent(host!)
  const server = run.operation.serverId
  const noWayBack = () => mayBePostCopied(run, facts)
  const about = { agent, machine: machine!, awaited: awaited!, noWayBack }
  const watch = await watchMigration(run, about, settings)
  const params = {
    destination: awaited!,
    bandwidth: settings.bandwidth(),
    downtime: settings.downtime(),
    auto_converge: settings.autoConverge(),
    post_copy: facts.postCopy!,
  }
  const result = await agent.job({ step: 'migrate', kind: 'migrate', server, params }, watch)
  return { moved: result as unknown as Moved }
}

/** Once the machine is forced over, it may go on at its destination at any moment. */
async function mayBePostCopied(run: MigrationRun, { awaited, postCopy }: Facts): Promise<boolean> {
  if (!awaited!.post_copy || !postCopy) return false
  return (await run.store.migration(run.operation)).force_complete
}

/** From here on it runs at the destination, unless that host says for sure that it never did. */
async function arrive(
  run: MigrationRun,
  { destination, moved, attachments }: Facts,
): Promise<Partial<Facts>> {
  const server = run.operation.serverId
  const agent = await run.agent(destination!)
  const { running, post_copy } = moved!
  if (post_copy) await run.store.writeMigration(run.operation, { status: 'running (post-copy)' })
  let power = powerStates.running as number
  try {
    const params = { running, post_copy }
    const step = { step: 'finish-migration', kind: 'finish_migration', server, params } as const
    const { power_state: state } = await agent.job(step)
    power = powerStateOf(String(state))
  } catch (error) {
    if (error instanceof TransientError && !post_copy && (await run.store.isForcedDown(destination!))) {
      throw new TerminalError('destination_down', 'the destination was said to be down', { cause: error })
    }
    if (!(error instanceof TerminalError) || !(post_copy || (await hasRun(run, destination!)))) throw error
    run.log({ reason: failureOf(error).message }, 'the machine has arrived, and does not run any more')
    power = powerStates.shutdown
  }
  await run.store.arrive(run.operation, { host: destination!, power_state: power }, attachments!)
  return { arrived: true }
}

/** Whether a machine has run at its destination. One that has not is given up by the question. */
async function hasRun(run: MigrationRun, destination: string): Promise<boolean> {
  const server = run.operation.serverId
  const abandon = { step: 'abandon-incoming', kind: 'abandon_incoming', server, params: {} } as const
  try {
    await (await run.agent(destination)).job(abandon)
    return false
  } catch (error) {
    if (error instanceof TerminalError && error.code === 'guest_present') return true
    throw error
  }
}

async function strayAttachments(run: MigrationRun, volumes: ReturnType<MigrationRun['volumesOfUser']>) {
  const { operation, store } = run
  const own = await store.volumes(operation.serverId)
  await deleteStrayAttachments(volumes, operation.serverId, own, () => store.wish(operation))
}

/** The last transaction. */
async function end(
  run: MigrationRun,
  { now }: LiveMigrationSettings,
  { status, ...rest }: { status: string; changes: object; failure?: Failure },
): Promise<void> {
  await run.store.finish(run.operation, {
    event,
    ...rest,
    async also(trx) {
      await trx
        .updateTable('migrations')
        .set({ status, updated_at: now() })
        .where('operation_id', '=', run.operation.id)
        .execute()
    },
  })
}
