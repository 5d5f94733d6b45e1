import { conflict } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import type { Enforcer } from '@longhaul/oslo/policy'
import { isAdmin } from './request-context.ts'

/** States in which what is said of a server may be changed. */
const settledStates: ReadonlySet<string> = new Set(['active', 'paused', 'suspended', 'stopped'])

/**
 * A locked server is changed by administrators only.
 *
 * @throws ApiError 409
 * @see openstack/nova nova/compute/api.py, check_instance_lock
 */
export function assertUnlocked(
  policy: Enforcer,
  context: RequestContext,
  server: { id: string; locked_by: string | null },
): void {
  if (server.locked_by === null || isAdmin(policy, context)) return
  throw conflict(`Instance ${server.id} is locked`, { code: 'server_locked' })
}

/** @param action Nova's name of what was asked for. @throws ApiError 409 */
export function assertSettled(server: { id: string; vm_state: string }, action: string): void {
  if (settledStates.has(server.vm_state)) return
  throw conflict(`Cannot '${action}' instance ${server.id} while it is in vm_state ${server.vm_state}`, {
    code: 'server_state_forbids',
  })
}
