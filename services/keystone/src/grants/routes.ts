import type { ApiApp } from '@longhaul/oslo/api'
import type { FastifyRequest } from 'fastify'
import type { Callers } from '../caller.ts'
import { linked, listLinks } from '../collection.ts'
import type { RoleRow } from '../db/tables.ts'
import { policyTarget } from '../policy-target.ts'
import type { GrantCall, GrantPath, Grants } from './grants.ts'

export interface GrantRouteDeps {
  callers: Callers
  grants: Grants
  viewRole: (row: RoleRow) => Record<string, unknown>
}

const actors = ['user', 'group'] as const
const places = [
  { targetKind: 'project', path: '/projects/:target' },
  { targetKind: 'domain', path: '/domains/:target' },
  { targetKind: 'system', path: '/system' },
] as const

/**
 * Roles of users and groups on projects, domains and the system, and what projects inherit from domains and from projects
 * above them.
 *
 * @see Identity API v3, assign role to user on project; OS-INHERIT
 */
export function grantRoutes(app: ApiApp, { callers, grants, viewRole }: GrantRouteDeps): void {
  const callOf =
    (kinds: Pick<GrantPath, 'actorKind' | 'targetKind' | 'inherited'>) =>
    async (request: FastifyRequest): Promise<GrantCall> => {
      const { context } = await callers(request)
      const named = request.params as { actor: string; target?: string; role?: string }
      return {
        path: { target: 'all', ...kinds, ...named },
        context,
        target: (ids, objects) => policyTarget(request, ids, objects),
      }
    }
  type Reader = ReturnType<typeof callOf>

  const list = (path: string, read: Reader) =>
    app.get(path, async (request) => {
      const roles = await grants.list(await read(request))
      return {
        roles: roles.map((role) => linked(app, request, '/v3/roles', viewRole(role))),
        links: listLinks(app, request),
      }
    })
  const member = (path: string, read: Reader) => {
    app.get(path, async (request, reply) => {
      await grants.check(await read(request))
      return reply.code(204).send()
    })
    app.put(path, async (request, reply) => {
      await grants.create(await read(request))
      return reply.code(204).send()
    })
    app.delete(path, async (request, reply) => {
      await grants.revoke(await read(request))
      return reply.code(204).send()
    })
  }

  for (const { targetKind, path } of places) {
    for (const actorKind of actors) {
      const roles = `${path}/${actorKind}s/:actor/roles`
      const direct = callOf({ actorKind, targetKind, inherited: false })
      list(`/v3${roles}`, direct)
      member(`/v3${roles}/:role`, direct)
      if (targetKind === 'system') continue
      const inherited = callOf({ actorKind, targetKind, inherited: true })
      member(`/v3/OS-INHERIT${roles}/:role/inherited_to_projects`, inherited)
      // Only of domains, as in the original.
      if (targetKind === 'domain') list(`/v3/OS-INHERIT${roles}/inherited_to_projects`, inherited)
    }
  }
}
