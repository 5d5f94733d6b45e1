import type { Kysely, Transaction } from 'kysely'
import { badRequest, conflict, internalError, notFound } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import { isUniqueViolation } from '@longhaul/oslo/db'
import type { Guard, Target } from '../api/guard.ts'
import { takeRow } from '../api/revisions.ts'
import type { NeutronTables } from '../db/tables.ts'
import type { Agents } from '../ml2/agents.ts'
import type { Binding, Wiring } from '../ml2/binding.ts'
import type { PortFacts, PortListener } from '../ml2/port-listener.ts'
import { bindingRecords, refreshStatus } from '../ml2/records.ts'
import type { BindingCreation, BindingUpdate } from './schema.ts'

/** As much of ports as their bindings need. */
export interface BoundPorts {
  /** A port that the caller sees. @throws ApiError 404 `PortNotFound` */
  visible(context: RequestContext, id: string): Promise<{ port: { row: PortFacts }; target: Target }>
}

export interface BindingParts {
  db: Kysely<NeutronTables>
  ports: BoundPorts
  agents: Agents
  listener: PortListener
  guard: Guard
  now: () => Date
}

type Trx = Transaction<NeutronTables>

/**
 * The rules of a port's bindings: the first one is active, a further one is not, and exactly one is at any time.
 *
 * @see openstack/neutron neutron/plugins/ml2/plugin.py
 */
export class Bindings {
  readonly #parts: BindingParts

  constructor(parts: BindingParts) {
    this.#parts = parts
  }

  /** @throws ApiError 400; 403; 404 `PortNotFound`; 409 `PortBindingAlreadyExists`; 500 `PortBindingError` */
  async create(context: RequestContext, id: string, given: BindingCreation): Promise<Binding> {
    await this.#port(context, id, 'create_port_binding')
    const { host } = given
    const made = await this.#change<Binding>(id, [host], async (trx) => {
      const bindings = await bindingRecords.of(trx, [id])
      if (bindings.some((one) => one.host === host)) throw exists(id, host)
      const binding: Binding = {
        port_id: id,
        host,
        vnic_type: given.vnic_type ?? 'normal',
        profile: given.profile ?? {},
        ...(await this.#wiring(trx, id, host)),
        status: bindings.some((one) => one.status === 'ACTIVE') ? 'INACTIVE' : 'ACTIVE',
        plugged: false,
      }
      await bindingRecords.insert(trx, binding)
      return binding
    })
    await this.#parts.listener.wired([host])
    return made
  }

  /** @throws ApiError 403; 404 `PortNotFound` */
  async list(context: RequestContext, id: string): Promise<Binding[]> {
    await this.#port(context, id, 'get_port_binding')
    return await bindingRecords.of(this.#parts.db, [id])
  }

  /** @throws ApiError 403; 404 `PortNotFound`, `PortBindingNotFound` */
  async show(context: RequestContext, id: string, host: string): Promise<Binding> {
    return bindingOn(await this.list(context, id), id, host)
  }

  /** @throws ApiError 400; 403; 404; 500 `PortBindingError` */
  async update(context: RequestContext, id: string, host: string, given: BindingUpdate): Promise<Binding> {
    await this.#port(context, id, 'update_port_binding')
    if (given.host !== undefined && given.host !== host) {
      throw badRequest('The host of a binding cannot be changed.', { code: 'InvalidInput' })
    }
    const changed = await this.#change(id, [host], async (trx) => {
      const binding = bindingOn(await bindingRecords.of(trx, [id]), id, host)
      const result: Binding = {
        ...binding,
        ...(binding.vif_type === 'binding_failed' ? await this.#wiring(trx, id, host) : {}),
        vnic_type: given.vnic_type ?? binding.vnic_type,
        profile: given.profile ?? binding.profile,
      }
      await bindingRecords.replace(trx, host, result)
      return result
    })
    await this.#parts.listener.wired([host])
    return changed
  }

  /**
   * Makes the binding on a host the active one, and the one that was active inactive, in one transaction.
   *
   * @throws ApiError 403; 404 `PortBindingNotFound`; 409 `PortBindingAlreadyActive`
   */
  async activate(context: RequestContext, id: string, host: string): Promise<Binding> {
    const port = await this.#port(context, id, 'activate')
    const { listener } = this.#parts
    const { binding, hosts, status } = await this.#change(id, [host], async (trx) => {
      const bindings = await bindingRecords.of(trx, [id])
      const wanted = bindingOn(bindings, id, host)
      if (wanted.status === 'ACTIVE') throw alreadyActive(id, host)
      const before = bindings.filter((one) => one.status === 'ACTIVE')
      for (const one of before) await bindingRecords.replace(trx, one.host, { ...one, status: 'INACTIVE' })
      const active: Binding = { ...wanted, status: 'ACTIVE' }
      await bindingRecords.replace(trx, host, active)
      // Being on no host is nothing to come back to.
      for (const one of before.filter((gone) => gone.host === ''))
        await bindingRecords.delete(trx, id, one.host)
      await this.#parts.agents.want(
        trx,
        before.map((one) => one.host),
      )
      return {
        binding: active,
        hosts: [host, ...before.map((one) => one.host)],
        status: (await refreshStatus(trx, id)).after,
      }
    })
    listener.statusChanged(port, status)
    await listener.wired(hosts)
    return binding
  }

  /** @throws ApiError 403; 404 `PortNotFound`, `PortBindingNotFound` */
  async delete(context: RequestContext, id: string, host: string): Promise<void> {
    const port = await this.#port(context, id, 'delete_port_binding')
    const { listener } = this.#parts
    const status = await this.#change(id, [host], async (trx) => {
      if (!(await bindingRecords.delete(trx, id, host))) throw missing(id, host)
      return await refreshStatus(trx, id)
    })
    if (status.before !== status.after) listener.statusChanged(port, status.after)
    listener.unwired([host])
  }

  async #port(context: RequestContext, id: string, action: string): Promise<PortFacts> {
    const { ports, guard } = this.#parts
    const { port, target } = await ports.visible(context, id)
    guard.authorize(context, action, target)
    if (action === 'create_port_binding' && !port.row.device_owner.startsWith('compute:')) {
      throw badRequest(
        `Invalid input for operation: Invalid port ${id}. Operation only valid on compute ports.`,
        {
          code: 'InvalidInput',
        },
      )
    }
    return port.row
  }

  async #wiring(trx: Trx, id: string, host: string): Promise<Wiring> {
    const wiring = await this.#parts.agents.wiring(trx, host)
    if (wiring.vif_type === 'binding_failed') throw failed(id, host)
    return wiring
  }

  /** Runs a transaction in which nobody else changes the port; hosts are told that there is something to wire. */
  async #change<T>(id: string, hosts: readonly string[], work: (trx: Trx) => Promise<T>): Promise<T> {
    const { db, agents, now } = this.#parts
    try {
      return await db.transaction().execute(async (trx) => {
        if (!(await takeRow(trx, 'ports', id, { time: now().toISOString() }))) {
          throw notFound(`Port ${id} could not be found.`, { code: 'PortNotFound' })
        }
        const result = await work(trx)
        await agents.want(trx, hosts)
        return result
      })
    } catch (error) {
      if (isUniqueViolation(error)) throw exists(id, hosts[0] ?? '')
      throw error
    }
  }
}

function bindingOn(bindings: readonly Binding[], id: string, host: string): Binding {
  const found = bindings.find((one) => one.host === host)
  if (!found) throw missing(id, host)
  return found
}

function missing(id: string, host: string) {
  return notFound(`Binding for port ${id} for host ${host} could not be found.`, {
    code: 'PortBindingNotFound',
  })
}

function exists(id: string, host: string) {
  return conflict(`Binding for port ${id} on host ${host} already exists.`, {
    code: 'PortBindingAlreadyExists',
  })
}

function alreadyActive(id: string, host: string) {
  return conflict(`Binding for port ${id} on host ${host} is already active.`, {
    code: 'PortBindingAlreadyActive',
  })
}

function failed(id: string, host: string) {
  return internalError(`Binding for port ${id} on host ${host} could not be created or updated.`, {
    code: 'PortBindingError',
  })
}
