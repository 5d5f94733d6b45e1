import type { ApiApp } from '@longhaul/oslo/api'
import type { FastifyRequest } from 'fastify'
import type { Callers } from '../caller.ts'
import { linked, listLinks } from '../collection.ts'
import type { RoleRow, TargetKind } from '../db/tables.ts'
import type { GrantPath, Grants } from './grants.ts'

export interface GrantRouteDeps {
  callers: Callers
  grants: Grants
  viewRole: (row: RoleRow) => Record<string, unknown>
}

const paths: readonly { kind: TargetKind; path: string }[] = [
  { kind: 'project', path: '/v3/projects/:target/users/:user/roles' },
  { kind: 'domain', path: '/v3/domains/:target/users/:user/roles' },
  { kind: 'system', path: '/v3/system/users/:user/roles' },
]

/** Roles of users on projects, domains and the system. @see Identity API v3, assign role to user on project */
export function grantRoutes(app: ApiApp, { callers, grants, viewRole }: GrantRouteDeps): void {
  for (const { kind, path } of paths) {
    const pathOf = (request: FastifyRequest): GrantPath => ({
      kind,
      target: 'all',
      ...(request.params as { user: string; target?: string; role?: string }),
    })

    app.get(path, async (request) => {
      const { context } = await callers(request)
      const roles = await grants.list(pathOf(request), context)
      return {
        roles: roles.map((role) => linked(app, request, '/v3/roles', viewRole(role))),
        links: listLinks(app, request),
      }
    })

    app.get(`${path}/:role`, async (request, reply) => {
      const { context } = await callers(request)
      await grants.check(pathOf(request), context)
      return reply.code(204).send()
    })

    app.put(`${path}/:role`, async (request, reply) => {
      const { context } = await callers(request)
      await grants.create(pathOf(request), context)
      return reply.code(204).send()
    })

    app.delete(`${path}/:role`, async (request, reply) => {
      const { context } = await callers(request)
      await grants.revoke(pathOf(request), context)
      return reply.code(204).send()
    })
  }
}
