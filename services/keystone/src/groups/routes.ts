import { notFound, type ApiApp } from '@longhaul/oslo/api'
import type { FastifyRequest } from 'fastify'
import type { Caller } from '../caller.ts'
import { collectionRoutes, listLinks, type CollectionDeps } from '../collection.ts'
import { readFilters, type Filter, type Query } from '../filters.ts'
import { policyTarget } from '../policy-target.ts'
import { groupView, type Groups } from './groups.ts'
import type { Members } from './members.ts'
import { groupChange, groupFilters, newGroup } from './schema.ts'

export interface GroupRouteDeps extends CollectionDeps {
  members: Members
  /** A user as the policy sees it. */
  user: (id: string) => Promise<Record<string, unknown> | undefined>
  /** Users in a group, as the API shows them; only those of one domain if there is one. */
  usersIn: (
    groupId: string,
    filters: readonly Filter[],
    domainId: string | undefined,
    request: FastifyRequest,
  ) => Promise<unknown[]>
}

const usersPath = '/v3/groups/:group_id/users'
const userFilters = ['domain_id', 'enabled', 'name', 'password_expires_at']

/** @see Identity API v3, groups */
export function groupRoutes(app: ApiApp, deps: GroupRouteDeps, groups: Groups): void {
  const words = {
    singular: 'group',
    plural: 'groups',
    create: newGroup,
    update: groupChange,
    filters: groupFilters,
    draft: (body: Record<string, unknown>, caller: Caller) => ({ domain_id: groups.domainFor(body, caller) }),
    listTarget: (domain_id: string) => ({ group: { domain_id } }),
  }
  collectionRoutes(app, deps, words, groups)

  /** What the path names, once the policy allows it and it is there. */
  const found = async (request: FastifyRequest, action: string) => {
    const { context } = await deps.callers(request)
    const ids = request.params as { group_id: string; user_id?: string }
    const row = await groups.find(ids.group_id)
    const user = ids.user_id === undefined ? undefined : await deps.user(ids.user_id)
    const objects = { ...(row ? { group: groupView(row) } : {}), ...(user ? { user } : {}) }
    deps.policy.authorize(`identity:${action}`, policyTarget(request, { ...ids }, objects), context)
    if (!row) throw notFound(`Could not find group: ${ids.group_id}.`, { code: 'group_not_found' })
    if (ids.user_id !== undefined && !user)
      throw notFound(`Could not find user: ${ids.user_id}.`, { code: 'user_not_found' })
    return { member: { group_id: row.id, user_id: ids.user_id ?? '' }, domainId: context.domainId }
  }

  app.get(usersPath, async (request) => {
    const { member, domainId } = await found(request, 'list_users_in_group')
    const filters = readFilters(request.query as Query, userFilters)
    const users = await deps.usersIn(member.group_id, filters, domainId, request)
    return { users, links: listLinks(app, request) }
  })

  app.get(`${usersPath}/:user_id`, async (request, reply) => {
    await deps.members.check((await found(request, 'check_user_in_group')).member)
    return reply.code(204).send()
  })

  app.put(`${usersPath}/:user_id`, async (request, reply) => {
    await deps.members.add((await found(request, 'add_user_to_group')).member)
    return reply.code(204).send()
  })

  app.delete(`${usersPath}/:user_id`, async (request, reply) => {
    await deps.members.remove((await found(request, 'remove_user_from_group')).member)
    return reply.code(204).send()
  })
}
