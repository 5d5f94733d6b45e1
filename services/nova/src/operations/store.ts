import { sql, type Kysely, type Transaction, type Updateable } from 'kysely'
import type { HypervisorFacts, MigrationsTable, NovaTables, ServersTable } from '../db/tables.ts'
import type { ServerRow } from '../servers/server.ts'
import { StaleAttempt, TransientError, type Failure, type Wish } from './failure.ts'
import { hostWithRoom } from './host-room.ts'
import { migrationOf, takePlace, writeMigration } from './migrations-of-servers.ts'
import { nextInTurn } from './next-in-turn.ts'
import type { EnqueueOperation } from './queue.ts'
import {
  tasklessKinds,
  type LeftoverKind,
  type OperationKind,
  type RunningOperation,
} from './running-operation.ts'
import {
  describePort,
  dropPort,
  portByUuid,
  portsOfServer,
  setPort,
  type PortOfServer,
} from './ports-of-servers.ts'
import {
  dropAttachment,
  dropMapping,
  setAttachment,
  unconnectedVolumes,
  volumesOfServer,
  type VolumeOfServer,
} from './volumes-of-servers.ts'

type ServerChanges = Updateable<ServersTable>

/** The database as operations see it: every write to a server is fenced by operation and attempt. */
export class OperationStore {
  readonly #db: Kysely<NovaTables>
  readonly #enqueue: EnqueueOperation
  readonly #now: () => Date

  constructor(db: Kysely<NovaTables>, enqueue: EnqueueOperation, now: () => Date) {
    this.#db = db
    this.#enqueue = enqueue
    this.#now = now
  }

  /** Begins an execution. @returns undefined if the operation has ended already */
  async begin(id: string): Promise<RunningOperation | undefined> {
    const row = await this.#db
      .updateTable('operations')
      .set({ attempt: sql`attempt + 1`, state: 'running' })
      .where('id', '=', id)
      .where('finished_at', 'is', null)
      .returningAll()
      .returning((query) =>
        query
          .selectFrom('instance_actions')
          .select('request_id')
          .whereRef('instance_actions.id', '=', 'operations.action_id')
          .as('request_id'),
      )
      .executeTakeFirst()
    if (!row) return undefined
    const { kind, server_id: serverId, action_id: actionId, request_id, attempt, input, context } = row
    const requestId = request_id ?? ''
    return { id, kind: kind as OperationKind, serverId, actionId, requestId, attempt, input, context }
  }

  /** What is wanted of the operation meanwhile. @throws StaleAttempt */
  async wish(operation: RunningOperation): Promise<Wish | null> {
    const row = await this.#db
      .selectFrom('operations')
      .select(['request', 'attempt'])
      .where('id', '=', operation.id)
      .executeTakeFirstOrThrow()
    if (row.attempt !== operation.attempt) throw new StaleAttempt()
    return row.request as Wish | null
  }

  async server(id: string): Promise<ServerRow> {
    return await this.#db.selectFrom('servers').selectAll().where('id', '=', id).executeTakeFirstOrThrow()
  }

  async hostUrl(host: string): Promise<string | undefined> {
    const query = this.#db.selectFrom('hosts').select('url').where('host', '=', host)
    return (await query.executeTakeFirst())?.url
  }

  /** @throws TransientError `host_unknown` */
  async hostRecord(host: string): Promise<{ host: string; url: string; hypervisor: HypervisorFacts | null }> {
    const query = this.#db.selectFrom('hosts').select(['host', 'url', 'hypervisor'])
    const row = await query.where('host', '=', host).executeTakeFirst()
    if (row) return row
    throw new TransientError('host_unknown', 'the host has not reported yet')
  }

  /** Whether an administrator has said that nothing runs on a host any more. */
  async isForcedDown(host: string): Promise<boolean> {
    const query = this.#db
      .selectFrom('services')
      .select('forced_down')
      .where('host', '=', host)
      .where('binary', '=', 'nova-compute')
    return (await query.executeTakeFirst())?.forced_down === true
  }

  async volumes(serverId: string): Promise<VolumeOfServer[]> {
    return await volumesOfServer(this.#db, serverId)
  }

  async unconnectedVolumes(serverId: string) {
    return await unconnectedVolumes(this.#db, serverId)
  }

  /** The volume of an attachment that is gone does not belong to its server any more. */
  async dropAttachment(attachmentId: string): Promise<void> {
    await dropAttachment(this.#db, attachmentId)
  }

  /** A volume of a new server was connected. @param uuid of the row. @throws StaleAttempt */
  async setAttachment(operation: RunningOperation, uuid: string, attachmentId: string): Promise<void> {
    await setAttachment(this.#db, operation, { uuid, attachmentId, at: this.#now() })
  }

  /** A volume does not belong to its server any more. @param uuid of the row */
  async dropMapping(uuid: string): Promise<void> {
    await dropMapping(this.#db, uuid)
  }

  async ports(serverId: string): Promise<PortOfServer[]> {
    return await portsOfServer(this.#db, serverId)
  }

  /** @param uuid of the row */
  async port(uuid: string): Promise<PortOfServer | undefined> {
    return await portByUuid(this.#db, uuid)
  }

  /** Keeps what servers show of a port. @param uuid of the row */
  async describePort(uuid: string, facts: Parameters<typeof describePort>[2]): Promise<void> {
    await describePort(this.#db, uuid, facts)
  }

  /** A port was made. @param uuid of the row */
  async setPort(uuid: string, portId: string): Promise<void> {
    await setPort(this.#db, uuid, portId)
  }

  /** It does not belong to its server any more. */
  async dropPort(uuid: string): Promise<void> {
    await dropPort(this.#db, uuid)
  }

  /** Changes the server of an operation. A deletion that was asked for stays visible. @throws StaleAttempt */
  async writeServer(operation: RunningOperation, changes: ServerChanges): Promise<void> {
    await writeFenced(this.#db, operation, { ...changes, updated_at: this.#now() })
  }

  /**
   * Chooses a host with room and claims the room by writing the host into the server.
   *
   * @param freshSince a host that has not reported since is left out
   * @returns undefined if no host has room
   * @throws StaleAttempt
   */
  async claimHost(operation: RunningOperation, freshSince: Date): Promise<string | undefined> {
    return await this.#db.transaction().execute(async (trx) => {
      const server = await lockServer(trx, operation.serverId)
      if (server.host !== null) return server.host
      const only = server.requested_host ?? undefined
      const host = await hostWithRoom(trx, server.flavor, { freshSince, only })
      if (host !== undefined) await writeFenced(trx, operation, { host, updated_at: this.#now() })
      return host
    })
  }

  /**
   * Chooses the destination of a server that is migrated, as {@link claimHost} does, and claims the room there.
   *
   * @param only the host that was asked for
   * @returns undefined if no host has room
   * @throws StaleAttempt
   */
  async claimDestination(
    operation: RunningOperation,
    { freshSince, only }: { freshSince: Date; only: string | undefined },
  ): Promise<string | undefined> {
    return await this.#db.transaction().execute(async (trx) => {
      const { dest_compute: chosen } = await migrationOf(trx, operation.id)
      if (chosen !== null) return chosen
      const { flavor, host } = await lockServer(trx, operation.serverId)
      const destination = await hostWithRoom(trx, flavor, { freshSince, only, but: host })
      if (destination === undefined) return undefined
      const changes = { dest_compute: destination, status: 'queued', updated_at: this.#now() }
      await writeMigration(trx, operation, changes)
      return destination
    })
  }

  /** Takes a place for a machine that leaves a host. @param places at most; 0: any number. @throws StaleAttempt */
  async takePlace(operation: RunningOperation, host: string, places: number): Promise<boolean> {
    const now = this.#now()
    return await this.#db.transaction().execute((trx) => takePlace(trx, operation, { host, places, now }))
  }

  async migration(operation: RunningOperation) {
    return await migrationOf(this.#db, operation.id)
  }

  /** @throws StaleAttempt */
  async writeMigration(operation: RunningOperation, changes: Updateable<MigrationsTable>): Promise<void> {
    await writeMigration(this.#db, operation, { ...changes, updated_at: this.#now() })
  }

  /**
   * The machine runs at its destination: so do its volumes.
   *
   * @param attachments those that were replaced, and by which
   * @throws StaleAttempt
   */
  async arrive(
    operation: RunningOperation,
    changes: { host: string; power_state: number },
    attachments: readonly { old: string; new: string }[],
  ): Promise<void> {
    const now = this.#now()
    await this.#db.transaction().execute(async (trx) => {
      await writeFenced(trx, operation, { ...changes, updated_at: now })
      for (const { old, new: attachment_id } of attachments) {
        await trx
          .updateTable('block_device_mappings')
          .set({ attachment_id, updated_at: now })
          .where('attachment_id', '=', old)
          .execute()
      }
    })
  }

  async startEvent(operation: RunningOperation, event: string, host: string | null): Promise<void> {
    await this.#db
      .insertInto('instance_action_events')
      .values({ action_id: operation.actionId, event, host, start_time: this.#now() })
      .onConflict((conflict) => conflict.columns(['action_id', 'event']).doNothing())
      .execute()
  }

  /** @throws StaleAttempt */
  async finishEvent(operation: RunningOperation, event: string, failure?: Failure): Promise<void> {
    // What an execution that was replaced has come to is not what came of the step.
    await this.wish(operation)
    await finishEvent(this.#db, operation, event, this.#now(), failure)
  }

  /** Lists what could not be cleaned up, to be tried again. */
  async leave(
    operation: RunningOperation,
    left: { kind: LeftoverKind; id: string; host?: string },
    reason: string,
  ): Promise<void> {
    const now = this.#now()
    const { kind, id: resource_id, host = null } = left
    const row = { operation_id: operation.id, kind, resource_id, host, attempt: operation.attempt, reason }
    await this.#db
      .insertInto('leftovers')
      .values({ ...row, created_at: now, next_try_at: now })
      .onConflict((conflict) => conflict.doNothing())
      .execute()
  }

  /**
   * Ends an operation: the server is free, the sealed context is erased, and the next one that
   * waits for it is enqueued, all in one transaction. An operation that has ended already is left alone.
   *
   * @param end.failure absent: it succeeded
   * @param end.also what is written in the same transaction
   * @throws StaleAttempt
   */
  async finish(
    operation: RunningOperation,
    end: {
      event: string
      changes: ServerChanges
      failure?: Failure
      also?: (trx: Transaction<NovaTables>) => Promise<void>
    },
  ): Promise<void> {
    const { event, changes, failure, also } = end
    const now = this.#now()
    await this.#db.transaction().execute(async (trx) => {
      const server = await lockServer(trx, operation.serverId)
      const ended = await trx
        .updateTable('operations')
        .set({ state: failure ? 'failed' : 'done', error: failure?.message ?? null, context: null })
        .set({ finished_at: now })
        .where('id', '=', operation.id)
        .where('attempt', '=', operation.attempt)
        .where('finished_at', 'is', null)
        .executeTakeFirst()
      if (ended.numUpdatedRows === 0n) {
        if (server.operation_id !== operation.id) return
        throw new StaleAttempt()
      }
      const next = await nextInTurn(trx, operation.serverId)
      // What shows no task of its own leaves the task of the one that waits; a deletion that waits stays visible.
      const keepsTask = tasklessKinds.has(operation.kind) || server.task_state === 'deleting'
      const task_state = next && keepsTask ? server.task_state : null
      await trx
        .updateTable('servers')
        .set({ task_state, operation_id: next?.id ?? null, updated_at: now })
        .set(changes)
        .where('id', '=', operation.serverId)
        .execute()
      await this.#tell(trx, operation, event, failure, now)
      await also?.(trx)
      if (next) await this.#enqueue(trx, next)
    })
  }

  async #tell(
    trx: Transaction<NovaTables>,
    operation: RunningOperation,
    event: string,
    failure: Failure | undefined,
    now: Date,
  ): Promise<void> {
    await finishEvent(trx, operation, event, now, failure)
    await trx
      .updateTable('instance_actions')
      .set({ finish_time: now, updated_at: now, message: failure ? `Error: ${failure.message}` : null })
      .where('id', '=', operation.actionId)
      .execute()
    if (!failure) return
    const fault = { code: 500, message: failure.message, details: failure.code, created_at: now }
    await trx
      .insertInto('instance_faults')
      .values({ server_id: operation.serverId, ...fault })
      .execute()
  }
}

async function lockServer(trx: Transaction<NovaTables>, id: string): Promise<ServerRow> {
  return await trx
    .selectFrom('servers')
    .selectAll()
    .where('id', '=', id)
    .forUpdate()
    .executeTakeFirstOrThrow()
}

async function writeFenced(
  db: Kysely<NovaTables>,
  operation: RunningOperation,
  { task_state, ...changes }: ServerChanges,
): Promise<void> {
  const written = await db
    .updateTable('servers')
    .set(changes)
    .$if(task_state !== undefined, (query) =>
      query.set({
        task_state: sql`case when task_state = 'deleting' then task_state else ${task_state} end`,
      }),
    )
    .where('id', '=', operation.serverId)
    .where('operation_id', '=', operation.id)
    .where((is) =>
      is.exists(
        is
          .selectFrom('operations')
          .select('id')
          .where('id', '=', operation.id)
          .where('attempt', '=', operation.attempt),
      ),
    )
    .executeTakeFirst()
  if (written.numUpdatedRows === 0n) throw new StaleAttempt()
}

async function finishEvent(
  db: Kysely<NovaTables>,
  operation: RunningOperation,
  event: string,
  now: Date,
  failure: Failure | undefined,
): Promise<void> {
  const result = failure ? 'Error' : 'Success'
  await db
    .updateTable('instance_action_events')
    .set({ finish_time: now, result, details: failure?.message ?? null })
    .where('action_id', '=', operation.actionId)
    .where('event', '=', event)
    .execute()
  await db
    .updateTable('instance_actions')
    .set({ updated_at: now })
    .where('id', '=', operation.actionId)
    .execute()
}
