import { notFound, parseBody, type ApiApp } from '@longhaul/oslo/api'
import type { FastifyRequest } from 'fastify'
import type { Caller } from '../caller.ts'
import { collectionRoutes, listLinks, type CollectionDeps } from '../collection.ts'
import { policyTarget } from '../policy-target.ts'
import { readFilters, type Filter, type Query } from '../filters.ts'
import { newUser, passwordChange, userChange, userFilters } from './schema.ts'
import { userView, type Users } from './users.ts'

export interface UserRouteDeps extends CollectionDeps {
  /** Projects on which a user has a role, as the API shows them. */
  projectsOf: (userId: string, filters: readonly Filter[], request: FastifyRequest) => Promise<unknown[]>
  /** Groups that a user is in, as the API shows them; only those of one domain if there is one. */
  groupsOf: (
    userId: string,
    filters: readonly Filter[],
    domainId: string | undefined,
    request: FastifyRequest,
  ) => Promise<unknown[]>
}

/** @see Identity API v3, users */
export function userRoutes(app: ApiApp, deps: UserRouteDeps, users: Users): void {
  const words = {
    singular: 'user',
    plural: 'users',
    create: newUser,
    update: userChange,
    filters: userFilters,
    draft: (body: Record<string, unknown>, caller: Caller) => ({ domain_id: users.domainFor(body, caller) }),
    listTarget: (domain_id: string) => ({ domain_id }),
  }
  collectionRoutes(app, deps, words, users)

  // Who knows the present password needs no token.
  app.post('/v3/users/:id/password', async (request, reply) => {
    const { user } = parseBody(passwordChange, request.body)
    await users.changePassword((request.params as { id: string }).id, user)
    return reply.code(204).send()
  })

  /** The user of the path, once the policy allows it. */
  const found = async (request: FastifyRequest, action: string) => {
    const { context } = await deps.callers(request)
    const { id } = request.params as { id: string }
    const row = await users.find(id)
    const objects = row ? { user: userView(row) } : {}
    deps.policy.authorize(action, policyTarget(request, { user_id: id }, objects), context)
    if (!row) throw notFound(`Could not find user: ${id}.`, { code: 'user_not_found' })
    return { id, domainId: context.domainId }
  }
  const filtersOf = (request: FastifyRequest, known: readonly string[]) =>
    readFilters(request.query as Query, known)

  app.get('/v3/users/:id/projects', async (request) => {
    const { id } = await found(request, 'identity:list_user_projects')
    const filters = filtersOf(request, ['domain_id', 'enabled', 'name'])
    return { projects: await deps.projectsOf(id, filters, request), links: listLinks(app, request) }
  })

  app.get('/v3/users/:id/groups', async (request) => {
    const { id, domainId } = await found(request, 'identity:list_groups_for_user')
    const filters = filtersOf(request, ['name'])
    return { groups: await deps.groupsOf(id, filters, domainId, request), links: listLinks(app, request) }
  })
}
