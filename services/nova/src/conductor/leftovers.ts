import { NotFound } from '@longhaul/keystoneauth'
import { sql, type Kysely, type Selectable, type Transaction } from 'kysely'
import type { Attachment } from '../cinder.ts'
import type { LeftoversTable, NovaTables } from '../db/tables.ts'
import { isForGood } from '../is-refusal.ts'
import type { AgentClient } from '../operations/agent-client.ts'
import { TerminalError, TransientError } from '../operations/failure.ts'
import { unplugPort } from '../operations/guest-port.ts'
import { detachFromGuest } from '../operations/guest-volume.ts'
import { deleteStrayAttachments } from '../operations/migration-attachments.ts'
import { settleBindings } from '../operations/migration-bindings.ts'
import type { Ports } from '../operations/operation.ts'
import { dropPort, portByUuid, portIdsOf, portsOfServer } from '../operations/ports-of-servers.ts'
import { releasePort } from '../operations/release-port.ts'
import { lockRestingServer, restingServer } from '../operations/resting-server.ts'
import type { LeftoverKind } from '../operations/running-operation.ts'
import { dropAttachment, dropMapping, volumesOfServer } from '../operations/volumes-of-servers.ts'

/** What nova itself does with volumes that nobody cares for any more. */
export interface LeftVolumes {
  attachments(volumeId: string, serverId: string): Promise<Attachment[]>
  deleteAttachment(id: string): Promise<void>
  rollDetaching(volumeId: string): Promise<void>
  delete(volumeId: string): Promise<void>
  get(volumeId: string): Promise<{ status: string }>
}

export interface LeftoverOptions {
  db: Kysely<NovaTables>
  /** Images as nova itself; undefined without credentials for it. */
  images: { delete(id: string): Promise<void> } | undefined
  /** Volumes as nova itself; undefined without credentials for it. */
  volumes: LeftVolumes | undefined
  /** Ports as nova itself; undefined without credentials for it. */
  network: Ports | undefined
  /** A host's agent, for an operation. */
  agent: (host: string, operation: { id: string; attempt: number }) => Promise<AgentClient>
}

interface Removal extends LeftoverOptions {
  /** Throws when another conductor has taken over. */
  assertHeld: () => Promise<void>
}
type Leftover = Pick<Selectable<LeftoversTable>, 'resource_id' | 'operation_id' | 'host' | 'attempt'>

/** States of a volume that somebody has. */
const heldStates = new Set(['attaching', 'detaching', 'in-use', 'reserved'])

/** How each kind goes. What is not there any more is fine. */
const removals: Record<LeftoverKind, (removal: Removal, left: Leftover) => Promise<void>> = {
  async image({ images }, { resource_id: id }) {
    await unlessGone(known(images, 'glance').delete(id))
  },

  async 'agent-operation'(removal, { resource_id: id, host, attempt }) {
    await (await agentOf(removal, host!, { id, attempt })).forget()
  },

  async 'volume-attachment'(removal, left) {
    const { db, volumes, assertHeld } = removal
    const { resource_id: id, operation_id: operation, host, attempt } = left
    const cinder = known(volumes, 'cinder')
    const row = await db
      .selectFrom('block_device_mappings')
      .select(['server_id as server', 'volume_id as volume'])
      .where('attachment_id', '=', id)
      .executeTakeFirst()
    // Without a row there is no machine any more.
    if (row && host !== null && operation !== null) {
      await whereItRuns(db, row.server, async (at) => {
        const ofHost = await agentOf(removal, at, { id: operation, attempt })
        // A job that failed for good is not begun again unless it is forgotten.
        await ofHost.forget()
        await assertHeld()
        await detachFromGuest(ofHost, { step: 'disconnect', ...row })
        await ofHost.forget()
      })
    }
    await assertHeld()
    await cinder.deleteAttachment(id)
    await dropAttachment(db, id)
  },

  async 'volume-reservation'({ db, volumes, assertHeld }, { resource_id: uuid }) {
    const cinder = known(volumes, 'cinder')
    const row = await db
      .selectFrom('block_device_mappings')
      .select(['volume_id', 'server_id'])
      .where('uuid', '=', uuid)
      .executeTakeFirst()
    if (!row) return
    for (const { id } of await cinder.attachments(row.volume_id, row.server_id)) {
      await assertHeld()
      await cinder.deleteAttachment(id)
    }
    await dropMapping(db, uuid)
  },

  async 'volume-detaching'({ volumes, assertHeld }, { resource_id: id }) {
    const cinder = known(volumes, 'cinder')
    await assertHeld()
    await unlessGone(cinder.rollDetaching(id))
  },

  async 'port-reservation'({ network, assertHeld }, { resource_id: uuid }) {
    const neutron = known(network, 'neutron')
    for (const { id } of await neutron.portsOf(uuid)) {
      await assertHeld()
      await neutron.deletePort(id)
    }
  },

  async 'server-port'(removal, left) {
    const { db, network, assertHeld } = removal
    const { resource_id: uuid, operation_id: id, host, attempt } = left
    const neutron = known(network, 'neutron')
    const port = await portByUuid(db, uuid)
    if (!port) return
    const { serverId: server, portId } = port
    if (host !== null && id !== null && portId !== null) {
      await whereItRuns(db, server, async (at) => {
        const ofHost = await agentOf(removal, at, { id, attempt })
        // A job that failed for good is not begun again unless it is forgotten.
        await ofHost.forget()
        await assertHeld()
        await unplugPort(ofHost, { step: 'unplug', server, port: portId })
        await ofHost.forget()
      })
    }
    await assertHeld()
    await releasePort({ user: neutron, nova: neutron }, port)
    await dropPort(db, uuid)
  },

  async 'migration-bindings'({ db, network }, { resource_id: operation }) {
    await db.transaction().execute(async (trx) => {
      const { id: server, host, deleted_at } = await restingServerOf(trx, operation)
      if (host === null || deleted_at !== null) return
      const ports = portIdsOf(await portsOfServer(trx, server))
      await settleBindings(known(network, 'neutron'), ports, host, () => assertLocked(trx))
    })
  },

  async 'migration-attachments'({ db, volumes }, { resource_id: operation }) {
    await db.transaction().execute(async (trx) => {
      const { id: server } = await restingServerOf(trx, operation)
      const connected = await volumesOfServer(trx, server)
      await deleteStrayAttachments(known(volumes, 'cinder'), server, connected, () => assertLocked(trx))
    })
  },

  async 'source-guest'(removal, { resource_id: id, host, attempt }) {
    const ofHost = await agentOf(removal, host!, { id, attempt })
    // A job that failed for good is not begun again unless it is forgotten.
    await ofHost.forget()
    const server = await serverOf(removal.db, id)
    const params = { step: 'confirm-source', kind: 'confirm_source', server, params: {} } as const
    await ofHost.job(params)
    await ofHost.forget()
  },

  async volume({ db, volumes, assertHeld }, { resource_id: id, operation_id: operation }) {
    const cinder = known(volumes, 'cinder')
    try {
      await assertHeld()
      await cinder.delete(id)
    } catch (error) {
      if (!isForGood(error)) throw error
      const { status } = await cinder.get(id)
      // Free, and not to be deleted: it is its user's again.
      if (status === 'available') return
      const server = operation && (await serverOf(db, operation))
      const isOurs = !server || (await cinder.attachments(id, server)).length > 0
      // Given to another server since: deleting it one day would take what its user has put there.
      if (isOurs || !heldStates.has(status)) throw error
    }
  },
}

/**
 * @param assertHeld throws when another conductor has taken over
 * @throws what hinders it, also TerminalError `credentials_missing`
 */
export async function removeLeftover(
  options: LeftoverOptions,
  left: Leftover & { kind: string },
  assertHeld: () => Promise<void>,
): Promise<void> {
  await removals[left.kind as LeftoverKind]({ ...options, assertHeld }, left)
}

/**
 * The agent, for an operation as the last of its executions: an earlier one has no say there any more.
 *
 * @throws TransientError `server_busy` while the operation is executed, whose jobs are not to be forgotten
 */
async function agentOf(
  { db, agent }: Removal,
  host: string,
  { id, attempt }: { id: string; attempt: number },
): Promise<AgentClient> {
  const row = await db
    .selectFrom('operations')
    .select(['attempt', 'finished_at'])
    .where('id', '=', id)
    .executeTakeFirst()
  if (row && row.finished_at === null) throw busy()
  return await agent(host, { id, attempt: Math.max(attempt, row?.attempt ?? 0) })
}

/** A transaction that has stood still for too long has lost its session and what it had locked. @throws an error of the database */
async function assertLocked(trx: Transaction<NovaTables>): Promise<void> {
  await sql`select 1`.execute(trx)
}

async function unlessGone(removal: Promise<void>): Promise<void> {
  try {
    await removal
  } catch (error) {
    if (!(error instanceof NotFound)) throw error
  }
}

async function serverOf(db: Kysely<NovaTables>, operation: string): Promise<string> {
  const row = await db
    .selectFrom('operations')
    .select('server_id')
    .where('id', '=', operation)
    .executeTakeFirstOrThrow()
  return row.server_id
}

/**
 * Takes something from a machine where it runs now, which may be another host than when it was left. No lock is held meanwhile:
 * the machine's system may take its time. @throws TransientError `server_busy`, also when it has moved meanwhile
 */
async function whereItRuns(
  db: Kysely<NovaTables>,
  serverId: string,
  work: (host: string) => Promise<void>,
): Promise<void> {
  const host = await restingHostOf(db, serverId)
  if (host === null) return
  await work(host)
  if ((await restingHostOf(db, serverId)) !== host) throw busy()
}

async function restingHostOf(db: Kysely<NovaTables>, serverId: string): Promise<string | null> {
  const server = await restingServer(db, serverId)
  if (!server) throw busy()
  return server.host
}

/** While the server moves again, or gets a volume, what it has beside is no leftover. @throws TransientError `server_busy` */
async function restingServerOf(db: Transaction<NovaTables>, operation: string) {
  const id = await serverOf(db, operation)
  const server = await lockRestingServer(db, id)
  if (!server) throw busy()
  return { id, ...server }
}

function busy(): TransientError {
  return new TransientError('server_busy', 'another operation of the server is under way')
}

function known<T>(client: T | undefined, section: string): T {
  if (client) return client
  throw new TerminalError('credentials_missing', `nova has no credentials in [${section}]`)
}
