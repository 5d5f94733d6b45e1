import type { FastifyInstance, FastifyRequest } from 'fastify'
import { badRequest, isServed, type QuotaRoom } from '@longhaul/oslo/api'
import { parseQuery } from '../query-parameters.ts'
import { quotaResourceNames, quotaResources, type QuotaResource } from '../quota/resources.ts'
import { contextOf, versionOf } from '../request-context.ts'
import type { QuotaSets } from './quota-sets.ts'
import { parseQuotaSet, quotaSetQuery } from './schema.ts'

interface QuotaSetPath {
  Params: { tenant_id: string }
}

/** The routes of `/os-quota-sets`, relative to `/v2.1`. */
export function quotaSetRoutes(app: FastifyInstance, quotaSets: QuotaSets): void {
  const path = '/os-quota-sets/:tenant_id'
  const userOf = (request: FastifyRequest) =>
    parseQuery(quotaSetQuery, request.query, { version: versionOf(request) }).user_id

  app.get<QuotaSetPath>(path, async (request) => {
    const { tenant_id: id } = request.params
    userOf(request)
    return { quota_set: { id, ...shown(request, await quotaSets.show(contextOf(request), id)) } }
  })

  app.get<QuotaSetPath>(`${path}/detail`, async (request) => {
    const { tenant_id: id } = request.params
    userOf(request)
    const rooms = await quotaSets.detail(contextOf(request), id)
    const detail = mapped(rooms, ({ limit, used }: QuotaRoom) => ({ limit, in_use: used, reserved: 0 }))
    return { quota_set: { id, ...shown(request, detail) } }
  })

  app.get<QuotaSetPath>(`${path}/defaults`, async (request) => {
    const { tenant_id: id } = request.params
    return { quota_set: { id, ...shown(request, await quotaSets.defaults(contextOf(request), id)) } }
  })

  app.put<QuotaSetPath>(path, async (request) => {
    const change = parseQuotaSet(request.body, versionOf(request))
    refuseUser(userOf(request))
    const limits = await quotaSets.update(contextOf(request), request.params.tenant_id, change)
    return { quota_set: shown(request, limits) }
  })

  app.delete<QuotaSetPath>(path, async (request, reply) => {
    refuseUser(userOf(request))
    await quotaSets.delete(contextOf(request), request.params.tenant_id)
    return reply.code(202).send()
  })
}

/** What the version shows. */
function shown<T>(request: FastifyRequest, quotas: Readonly<Record<QuotaResource, T>>): Record<string, T> {
  const version = versionOf(request)
  const names = quotaResourceNames.filter((name) => isServed(version, quotaResources[name].sets))
  return Object.fromEntries(names.map((name) => [name, quotas[name]]))
}

function mapped<T, U>(
  quotas: Readonly<Record<QuotaResource, T>>,
  to: (one: T) => U,
): Record<QuotaResource, U> {
  const entries = quotaResourceNames.map((name) => [name, to(quotas[name])])
  return Object.fromEntries(entries) as Record<QuotaResource, U>
}

/** Reading the quotas of a user gives the project's; setting them would have no effect. @throws ApiError 400 */
function refuseUser(userId: string | undefined): void {
  if (userId === undefined) return
  throw badRequest('Quotas of single users are not supported.', { code: 'user_quotas_unsupported' })
}
