import type { FastifyInstance } from 'fastify'
import { notFound } from '@longhaul/oslo/api'
import type { Guard } from '../api/guard.ts'
import { isStorable } from '../api/storable.ts'
import { contextOf } from '../identity.ts'
import type { Quotas } from '../quota/quotas.ts'
import { parseLimits } from './schema.ts'

interface ProjectPath {
  Params: { project_id: string }
}

/** The routes of `/v2.0/quotas`. */
export function quotaRoutes(app: FastifyInstance, { quotas, guard }: { quotas: Quotas; guard: Guard }): void {
  const one = '/v2.0/quotas/:project_id'

  app.get('/v2.0/quotas', async (request) => {
    guard.authorize(contextOf(request), 'get_quota', {})
    return { quotas: (await quotas.all()).map((limits) => ({ ...limits, tenant_id: limits.project_id })) }
  })

  app.get<ProjectPath>(one, async (request) => {
    const { project_id } = request.params
    guard.authorize(contextOf(request), 'get_quota', { project_id })
    return { quota: await quotas.limits(storable(project_id)) }
  })

  app.get<ProjectPath>(`${one}/default`, async (request) => {
    guard.authorize(contextOf(request), 'get_quota', { project_id: request.params.project_id })
    return { quota: quotas.defaults }
  })

  app.put<ProjectPath>(one, async (request) => {
    const { project_id } = request.params
    guard.authorize(contextOf(request), 'update_quota', { project_id })
    await quotas.set(storable(project_id), parseLimits(request.body))
    return { quota: await quotas.limits(project_id) }
  })

  app.delete<ProjectPath>(one, async (request, reply) => {
    const { project_id } = request.params
    guard.authorize(contextOf(request), 'delete_quota', { project_id })
    if (!(await quotas.reset(storable(project_id)))) throw missing(project_id)
    return reply.code(204).send()
  })
}

/** @throws ApiError 404 for what no database holds */
function storable(projectId: string): string {
  if (!isStorable(projectId) || projectId.length > 255) {
    throw missing(projectId)
  }
  return projectId
}

function missing(projectId: string) {
  return notFound(`Quota for tenant ${projectId} could not be found.`, { code: 'TenantQuotaNotFound' })
}
