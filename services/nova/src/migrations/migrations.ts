import { badRequest, conflict, notFound, type Page } from '@longhaul/oslo/api'
import { policyCredentials, type RequestContext } from '@longhaul/oslo/context'
import type { Enforcer } from '@longhaul/oslo/policy'
import type { Microversion } from '../microversions.ts'
import { ownedBy, ownTarget } from '../request-context.ts'
import { assertUnlocked } from '../server-guards.ts'
import { stateForbids } from '../server-faults.ts'
import type { MigrationListQuery } from './schema.ts'
import { shownStatuses, underWay } from './states.ts'
import type { MigrationRow, MigrationStore } from './store.ts'

/** As much of a server as is looked at. */
interface Server {
  id: string
  project_id: string
  user_id: string
  vm_state: string
  task_state: string | null
  locked_by: string | null
}

export interface MigrationsOptions {
  store: MigrationStore
  policy: Enforcer
  servers: { authorized(context: RequestContext, id: string, action: string): Promise<Server> }
  now: () => Date
}

/** Migrations and whether the caller sees their hosts. */
interface Shown<T> {
  found: T
  hosts: boolean
}

/** Statuses in which a migration may be aborted. */
const abortable = ['running'] as const
const abortable265 = ['queued', 'preparing', 'running'] as const

/** Live migrations: who sees them, and how they are brought to an end. */
export class Migrations {
  readonly #options: MigrationsOptions

  constructor(options: MigrationsOptions) {
    this.#options = options
  }

  /** Those of the caller's project, or of all for who may see them. @throws ApiError 400, 403 */
  async list(
    context: RequestContext,
    query: MigrationListQuery,
    page: Page | undefined,
  ): Promise<Shown<MigrationRow[]>> {
    const { store, policy } = this.#options
    policy.authorize('os_compute_api:os-migrations:index', ownTarget(context), context)
    const project = this.#projectOf(context, query.project_id)
    const { 'changes-since': changedSince, 'changes-before': changedBefore } = query
    if (changedSince && changedBefore && changedBefore < changedSince) {
      throw badRequest('The value of changes-since must be less than or equal to changes-before.', {
        code: 'invalid_filter',
      })
    }
    const marker = page?.marker === undefined ? undefined : await store.byUuid(page.marker)
    if (page?.marker !== undefined && !marker) {
      throw badRequest(`Marker ${page.marker} could not be found.`, { code: 'marker_not_found' })
    }
    const hosts = this.#seesHosts(context, 'os-migrations', ownTarget(context))
    if (!hosts && (query.host ?? query.source_compute) !== undefined) {
      policy.authorize('os_compute_api:os-migrations:index:host', ownTarget(context), context)
    }
    const { migration_type: type, hidden } = query
    if ((type !== undefined && type !== 'live-migration') || isTrue(hidden)) return { found: [], hosts }
    const filter = {
      host: query.host,
      source_compute: query.source_compute,
      server_id: query.instance_uuid,
      status: query.status,
      user_id: query.user_id,
      project_id: project,
      changedSince,
      changedBefore,
    }
    return { found: await store.list(filter, { limit: page?.limit, before: marker?.id }), hosts }
  }

  /** Those of a server that are under way. @throws ApiError 403, 404 */
  async ofServer(context: RequestContext, serverId: string): Promise<Shown<MigrationRow[]>> {
    const server = await this.#authorized(context, serverId, 'index')
    const found = await this.#options.store.ofServer(server.id, shownStatuses)
    return { found, hosts: this.#seesHosts(context, 'servers:migrations', ownedBy(server)) }
  }

  /** @throws ApiError 403; 404 also for one that is not under way */
  async show(context: RequestContext, serverId: string, id: string): Promise<Shown<MigrationRow>> {
    const server = await this.#authorized(context, serverId, 'show')
    const found = await this.#find(server, id)
    if (!underWay(found)) {
      throw notFound(`Migration ${id} for server ${server.id} is not live-migration in progress.`, {
        code: 'migration_not_under_way',
      })
    }
    return { found, hosts: this.#seesHosts(context, 'servers:migrations', ownedBy(server)) }
  }

  /** @throws ApiError 400 unless the machine is being moved; 403, 404; 409 for a server that is locked or not migrated */
  async forceComplete(context: RequestContext, serverId: string, id: string): Promise<void> {
    const { store, now } = this.#options
    const server = await this.#changeable(context, serverId, 'force_complete')
    const migration = await this.#find(server, id)
    if (await store.forceComplete(migration.id, now())) return
    throw wrongStatus(server, migration, 'force complete')
  }

  /** @throws ApiError as {@link forceComplete} */
  async abort(context: RequestContext, at: { serverId: string; id: string; version: Microversion }) {
    const server = await this.#changeable(context, at.serverId, 'delete')
    const migration = await this.#find(server, at.id)
    const allowed: readonly string[] = at.version.atLeast('2.65') ? abortable265 : abortable
    if (!allowed.includes(migration.status)) throw wrongStatus(server, migration, 'abort live migration')
    await this.#options.store.abort(migration.operation_id)
  }

  /** @returns undefined: all projects */
  #projectOf(context: RequestContext, asked: string | undefined): string | undefined {
    const { policy } = this.#options
    const rule = 'os_compute_api:os-migrations:index:all_projects'
    const all = policy.check(rule, {}, policyCredentials(context))
    if (!all && asked !== undefined && asked !== context.projectId) policy.authorize(rule, {}, context)
    return all ? asked : (context.projectId ?? '')
  }

  #seesHosts(context: RequestContext, of: string, target: Record<string, unknown>): boolean {
    return this.#options.policy.check(`os_compute_api:${of}:index:host`, target, policyCredentials(context))
  }

  async #authorized(context: RequestContext, serverId: string, action: string): Promise<Server> {
    return await this.#options.servers.authorized(
      context,
      serverId,
      `os_compute_api:servers:migrations:${action}`,
    )
  }

  async #changeable(
    context: RequestContext,
    serverId: string,
    action: 'force_complete' | 'delete',
  ): Promise<Server> {
    const server = await this.#authorized(context, serverId, action)
    assertUnlocked(this.#options.policy, context, server)
    const migrated = server.task_state === 'migrating'
    if (migrated && (server.vm_state === 'active' || server.vm_state === 'paused')) return server
    const name = action === 'delete' ? 'abort live migration' : 'force_complete'
    if (server.task_state !== null) throw stateForbids(server, name)
    throw conflict(`Cannot '${name}' instance ${server.id} while it is in task_state None`, {
      code: 'server_state_forbids',
    })
  }

  async #find(server: Server, id: string): Promise<MigrationRow> {
    const number = /^\d{1,15}$/.test(id) ? Number(id) : undefined
    const found = number === undefined ? undefined : await this.#options.store.find(server.id, number)
    if (found) return found
    throw notFound(`Migration ${id.slice(0, 60)} not found for instance ${server.id}`, {
      code: 'migration_not_found',
    })
  }
}

function wrongStatus(server: Server, { id, status }: MigrationRow, method: string) {
  return badRequest(
    `Migration ${id} state of instance ${server.id} is ${status}. Cannot ${method} while the migration is in this state.`,
    { code: 'migration_state_forbids' },
  )
}

/** @see oslo.utils strutils, bool_from_string */
function isTrue(text: string | undefined): boolean {
  return text !== undefined && ['1', 't', 'true', 'on', 'y', 'yes'].includes(text.toLowerCase())
}
