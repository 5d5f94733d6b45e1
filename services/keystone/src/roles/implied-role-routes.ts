import { notFound, type ApiApp } from '@longhaul/oslo/api'
import type { FastifyRequest } from 'fastify'
import type { CollectionDeps } from '../collection.ts'
import type { RoleRow } from '../db/tables.ts'
import { policyTarget } from '../policy-target.ts'
import type { ImpliedRoles } from './implied-roles.ts'
import { roleView, type Roles } from './roles.ts'

const implies = '/v3/roles/:prior_role_id/implies'
const one = `${implies}/:implied_role_id`

/** What roles imply. @see Identity API v3, roles: implied roles */
export function impliedRoleRoutes(
  app: ApiApp,
  { callers, policy }: CollectionDeps,
  roles: Pick<Roles, 'find'>,
  implied: ImpliedRoles,
): void {
  const shown = (request: FastifyRequest, { id, name }: RoleRow) => ({
    id,
    links: { self: `${app.api.baseUrl(request)}/v3/roles/${id}` },
    name,
  })
  const links = (request: FastifyRequest) => ({ self: `${app.api.baseUrl(request)}${request.url}` })
  const find = async (id: string) => {
    const row = await roles.find(id)
    if (!row) throw notFound(`Could not find role: ${id}.`, { code: 'role_not_found' })
    return row
  }

  /** The roles of the path, once the policy allows it. */
  const found = async (request: FastifyRequest, action: string) => {
    const { context } = await callers(request)
    const ids = request.params as { prior_role_id: string; implied_role_id?: string }
    const rows = await Promise.all([ids.prior_role_id, ids.implied_role_id ?? ''].map((id) => roles.find(id)))
    const [prior, implied] = rows.map((row) => row && roleView(row))
    const objects = { ...(prior ? { prior_role: prior } : {}), ...(implied ? { implied_role: implied } : {}) }
    policy.authorize(`identity:${action}`, policyTarget(request, { ...ids }, objects), context)
    return {
      prior: rows[0] ?? (await find(ids.prior_role_id)),
      implied: ids.implied_role_id === undefined ? undefined : (rows[1] ?? (await find(ids.implied_role_id))),
    }
  }
  const pair = async (request: FastifyRequest, action: string) => {
    const { prior, implied } = await found(request, action)
    return [prior, implied!] as const
  }
  const inference = (request: FastifyRequest, prior: RoleRow, implied: RoleRow) => ({
    role_inference: { prior_role: shown(request, prior), implies: shown(request, implied) },
    links: links(request),
  })

  app.get('/v3/role_inferences', async (request) => {
    const { context } = await callers(request)
    policy.authorize('identity:list_role_inference_rules', policyTarget(request, {}, {}), context)
    const inferences = await implied.list()
    return {
      role_inferences: inferences.map(({ prior, implies: all }) => ({
        prior_role: shown(request, prior),
        implies: all.map((role) => shown(request, role)),
      })),
    }
  })

  app.get(implies, async (request) => {
    const { prior } = await found(request, 'list_implied_roles')
    const [inferred] = await implied.list(prior.id)
    const all = inferred?.implies ?? []
    return {
      role_inference: {
        prior_role: shown(request, prior),
        implies: all.map((role) => shown(request, role)),
      },
      links: links(request),
    }
  })

  app.get(one, { exposeHeadRoute: false }, async (request) => {
    const [prior, role] = await pair(request, 'get_implied_role')
    await implied.check(prior, role)
    return inference(request, prior, role)
  })

  app.head(one, async (request, reply) => {
    const [prior, role] = await pair(request, 'check_implied_role')
    await implied.check(prior, role)
    return reply.code(204).send()
  })

  app.put(one, async (request, reply) => {
    const [prior, role] = await pair(request, 'create_implied_role')
    await implied.create(prior, role)
    return reply.code(201).send(inference(request, prior, role))
  })

  app.delete(one, async (request, reply) => {
    const [prior, role] = await pair(request, 'delete_implied_role')
    await implied.delete(prior, role)
    return reply.code(204).send()
  })
}
