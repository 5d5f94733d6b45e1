import type { Kysely } from 'kysely'
import type { NovaTables } from '../db/tables.ts'
import type { EngineControl } from './engine-control.ts'

/** An operation as operators see it. */
export interface OperationView {
  id: string
  kind: string
  server: string
  state: string
  /** The step that runs, or ran last. */
  step: string | null
  attempt: number
  /** What is wanted of it: `delete`, `rollback`. */
  request: string | null
  error: string | null
  created_at: string
  finished_at: string | null
}

export interface StepView {
  name: string
  started_at: string
  finished_at: string | null
  result: string | null
  details: string | null
}

/** What an operation could not clean up. */
export interface LeftoverView {
  kind: string
  id: string
  host: string | null
  tries: number
  reason: string
  next_try_at: string
}

export interface OperationDetails extends OperationView {
  request_id: string
  steps: StepView[]
  leftovers: LeftoverView[]
}

/** An operator asked for what cannot be. */
class OperationError extends Error {
  override name = 'OperationError'
  readonly code: 'operation_not_found' | 'operation_ended' | 'operation_waits' | 'no_rollback'

  constructor(code: OperationError['code'], message: string) {
    super(message)
    this.code = code
  }
}

const unfinished = ['waiting', 'queued', 'running'] as const

/** What `nova-manage operations` does. */
export class OperationAdministration {
  readonly #db: Kysely<NovaTables>
  readonly #engine: Pick<EngineControl, 'revive'>
  readonly #now: () => Date

  constructor(db: Kysely<NovaTables>, engine: Pick<EngineControl, 'revive'>, now: () => Date) {
    this.#db = db
    this.#engine = engine
    this.#now = now
  }

  /**
   * Operations, newest first.
   *
   * @param filter.all also those that have ended; default: unfinished ones, and ended ones that left something over
   */
  async list(filter: { server?: string; all?: boolean; limit: number }): Promise<OperationView[]> {
    let query = this.#db.selectFrom('operations').selectAll()
    if (filter.server !== undefined) query = query.where('server_id', '=', filter.server)
    if (!filter.all) {
      query = query.where((is) =>
        is.or([
          is('state', 'in', unfinished),
          is(
            'id',
            'in',
            is.selectFrom('leftovers').select('operation_id').where('operation_id', 'is not', null),
          ),
        ]),
      )
    }
    const rows = await query.orderBy('created_at', 'desc').orderBy('id').limit(filter.limit).execute()
    const steps = await this.#latestSteps(rows.map((row) => row.action_id))
    return rows.map((row) => viewOf(row, steps.get(row.action_id) ?? null))
  }

  /** @throws OperationError `operation_not_found` */
  async show(id: string): Promise<OperationDetails> {
    const row = await this.#find(id)
    const action = await this.#db
      .selectFrom('instance_actions')
      .select('request_id')
      .where('id', '=', row.action_id)
      .executeTakeFirstOrThrow()
    const events = await this.#db
      .selectFrom('instance_action_events')
      .selectAll()
      .where('action_id', '=', row.action_id)
      .orderBy('id')
      .execute()
    const leftovers = await this.#db
      .selectFrom('leftovers')
      .selectAll()
      .where('operation_id', '=', id)
      .orderBy('id')
      .execute()
    const steps = events.slice(1)
    return {
      ...viewOf(row, steps.at(-1)?.event ?? null),
      request_id: action.request_id,
      steps: steps.map((step) => ({
        name: step.event,
        started_at: step.start_time.toISOString(),
        finished_at: step.finish_time?.toISOString() ?? null,
        result: step.result,
        details: step.details,
      })),
      leftovers: leftovers.map((left) => ({
        kind: left.kind,
        id: left.resource_id,
        host: left.host,
        tries: left.tries,
        reason: left.reason,
        next_try_at: left.next_try_at.toISOString(),
      })),
    }
  }

  /**
   * Has an unfinished operation executed again from its last checkpoint; of one that has ended, what it left over is
   * removed at the conductors' next round.
   *
   * @returns what will happen
   * @throws OperationError `operation_not_found`, `operation_waits`, `operation_ended` when there is nothing to do
   */
  async retry(id: string): Promise<'resumed' | 'leftovers'> {
    const row = await this.#find(id)
    if (row.state === 'waiting') {
      throw new OperationError(
        'operation_waits',
        `operation ${id} begins when the one that runs on the server ends`,
      )
    }
    if (row.finished_at === null) {
      await this.#engine.revive(id)
      return 'resumed'
    }
    const due = await this.#db
      .updateTable('leftovers')
      .set({ next_try_at: this.#now() })
      .where('operation_id', '=', id)
      .executeTakeFirst()
    if (due.numUpdatedRows > 0n) return 'leftovers'
    throw new OperationError(
      'operation_ended',
      `operation ${id} has ended (${row.state}) and left nothing over`,
    )
  }

  /**
   * Asks an operation to undo what it did and end. It obeys before its next step, or in the middle of a job on a host; a
   * step that has to come to its end goes on.
   *
   * @throws OperationError `operation_not_found`, `operation_ended`, `no_rollback` for a deletion
   */
  async rollback(id: string): Promise<void> {
    const row = await this.#find(id)
    if (row.kind === 'delete-server') {
      throw new OperationError('no_rollback', `operation ${id} deletes a server, which cannot be undone`)
    }
    const asked = await this.#db
      .updateTable('operations')
      .set((is) => ({ request: is.fn.coalesce('request', is.val('rollback')) }))
      .where('id', '=', id)
      .where('finished_at', 'is', null)
      .executeTakeFirst()
    if (asked.numUpdatedRows === 0n) {
      throw new OperationError('operation_ended', `operation ${id} has ended (${row.state})`)
    }
  }

  async #find(id: string) {
    const row = await this.#db.selectFrom('operations').selectAll().where('id', '=', id).executeTakeFirst()
    if (row) return row
    throw new OperationError('operation_not_found', `there is no operation ${id}`)
  }

  async #latestSteps(actions: readonly number[]): Promise<Map<number, string>> {
    if (actions.length === 0) return new Map()
    const rows = await this.#db
      .selectFrom('instance_action_events')
      .distinctOn('action_id')
      .select(['action_id', 'event'])
      .where('action_id', 'in', actions)
      .orderBy('action_id')
      .orderBy('id', 'desc')
      .execute()
    return new Map(rows.map(({ action_id, event }) => [action_id, event]))
  }
}

interface OperationRow {
  id: string
  kind: string
  server_id: string
  state: string
  attempt: number
  request: string | null
  error: string | null
  created_at: Date
  finished_at: Date | null
}

function viewOf(row: OperationRow, step: string | null): OperationView {
  const { id, kind, server_id: server, state, attempt, request, error } = row
  return {
    id,
    kind,
    server,
    state,
    step,
    attempt,
    request,
    error,
    created_at: row.created_at.toISOString(),
    finished_at: row.finished_at?.toISOString() ?? null,
  }
}
