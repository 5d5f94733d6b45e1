import type { FastifyInstance } from 'fastify'
import type { QuotaRooms } from '@longhaul/oslo/api'
import { invalidInput } from '../answers.ts'
import { isStorable } from '../parameter-types.ts'
import type { QuotaResource } from '../quota/resources.ts'
import { allows, contextOf, isAdmin, ownTarget, versionOf, type Policy } from '../request-context.ts'

/** Names of the limits and of what is used. @see openstack/cinder cinder/api/views/limits.py */
const limitNames = {
  maxTotalVolumes: ['volumes', 'limit'],
  maxTotalVolumeGigabytes: ['gigabytes', 'limit'],
  maxTotalSnapshots: ['snapshots', 'limit'],
  maxTotalBackups: ['backups', 'limit'],
  maxTotalBackupGigabytes: ['backup_gigabytes', 'limit'],
  totalVolumesUsed: ['volumes', 'used'],
  totalGigabytesUsed: ['gigabytes', 'used'],
  totalSnapshotsUsed: ['snapshots', 'used'],
  totalBackupsUsed: ['backups', 'used'],
  totalBackupGigabytesUsed: ['backup_gigabytes', 'used'],
} as const satisfies Record<string, readonly [QuotaResource, 'limit' | 'used']>

interface Parts {
  quotas: { rooms(projectId: string): Promise<QuotaRooms<QuotaResource>> }
  policy: Policy
}

/** `GET /limits`, relative to `/v3`. */
export function limitRoutes(app: FastifyInstance, { quotas, policy }: Parts): void {
  app.get<{ Querystring: Record<string, unknown> }>('/limits', async (request) => {
    const context = contextOf(request)
    const { project_id: named, tenant_id: older } = request.query
    const mayName = versionOf(request).atLeast('3.39') && isAdmin(policy, context)
    const other = mayName ? (named ?? older) : undefined
    if (other !== undefined && (typeof other !== 'string' || !isStorable(other))) {
      throw invalidInput('project_id')
    }
    const rooms = await quotas.rooms(other ?? context.projectId ?? '')
    const seesUse = allows(policy, context, 'limits_extension:used_limits', ownTarget(context))
    const shown = Object.entries(limitNames).filter(([, [, shows]]) => shows === 'limit' || seesUse)
    const absolute = shown.map(([name, [resource, shows]]) => [name, rooms[resource][shows]])
    return { limits: { rate: [], absolute: Object.fromEntries(absolute) as Record<string, number> } }
  })
}
