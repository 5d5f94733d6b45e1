import { parseBody, type ApiApp } from '@longhaul/oslo/api'
import type { FastifyRequest } from 'fastify'
import { collectionRoutes, listLinks, type CollectionDeps } from '../collection.ts'
import { newUser, passwordChange, userChange, userFilters } from './schema.ts'
import type { Users } from './users.ts'

export interface UserRouteDeps extends CollectionDeps {
  /** Projects on which a user has a role, as the API shows them. */
  projectsOf: (userId: string, request: FastifyRequest) => Promise<unknown[]>
}

const words = { singular: 'user', plural: 'users', create: newUser, update: userChange, filters: userFilters }

/** @see Identity API v3, users */
export function userRoutes(app: ApiApp, deps: UserRouteDeps, users: Users): void {
  collectionRoutes(app, deps, words, users)

  // Who knows the present password needs no token.
  app.post('/v3/users/:id/password', async (request, reply) => {
    const { user } = parseBody(passwordChange, request.body)
    await users.changePassword((request.params as { id: string }).id, user)
    return reply.code(204).send()
  })

  app.get('/v3/users/:id/projects', async (request) => {
    const { context } = await deps.callers(request)
    const { id } = request.params as { id: string }
    deps.policy.authorize('identity:list_user_projects', { user_id: id }, context)
    return { projects: await deps.projectsOf(id, request), links: listLinks(app, request) }
  })
}
