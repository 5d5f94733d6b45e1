import type { FastifyInstance, FastifyRequest } from 'fastify'
import { isServed, parseBody } from '@longhaul/oslo/api'
import type { Enforcer } from '@longhaul/oslo/policy'
import type { NovaQuotas } from '../quota/quotas.ts'
import { quotaResourceNames, quotaResources, type QuotaResource } from '../quota/resources.ts'
import { contextOf, versionOf } from '../request-context.ts'
import { className, parseQuotaClass } from './schema.ts'

interface QuotaClassPath {
  Params: { quota_class: string }
}

/** The routes of `/os-quota-class-sets`, relative to `/v2.1`. */
export function quotaClassSetRoutes(
  app: FastifyInstance,
  { quotas, policy }: { quotas: NovaQuotas; policy: Enforcer },
): void {
  const path = '/os-quota-class-sets/:quota_class'

  app.get<QuotaClassPath>(path, async (request) => {
    policy.authorize('os_compute_api:os-quota-class-sets:show', {}, contextOf(request))
    const { quota_class: id } = request.params
    return { quota_class_set: { id, ...shown(request, await quotas.classLimits(id)) } }
  })

  app.put<QuotaClassPath>(path, async (request) => {
    const limits = parseQuotaClass(request.body, versionOf(request))
    policy.authorize('os_compute_api:os-quota-class-sets:update', {}, contextOf(request))
    const id = parseBody(className, request.params.quota_class)
    await quotas.setClass(id, limits)
    return { quota_class_set: shown(request, await quotas.classLimits(id)) }
  })
}

/** What the version shows. */
function shown(request: FastifyRequest, limits: Record<QuotaResource, number>): Record<string, number> {
  const version = versionOf(request)
  const names = quotaResourceNames.filter((name) => isServed(version, quotaResources[name].classes))
  return Object.fromEntries(names.map((name) => [name, limits[name]]))
}
