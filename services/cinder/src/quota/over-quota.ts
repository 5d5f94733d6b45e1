import {
  assertRoom,
  OverQuota,
  requestTooLarge,
  type ApiError,
  type Amounts,
  type QuotaRooms,
} from '@longhaul/oslo/api'
import type { QuotaResource } from './resources.ts'

/**
 * Refuses what a project has no room for.
 *
 * @param wanted `per_volume_gigabytes` is the size that the volume will have
 * @throws ApiError 413 with the original's words
 * @see openstack/cinder cinder/quota_utils.py, process_reserve_over_quota
 */
export function assertQuota(rooms: QuotaRooms<QuotaResource>, wanted: Amounts<QuotaResource>): void {
  try {
    assertRoom(rooms, wanted)
  } catch (error) {
    throw error instanceof OverQuota ? answerOf(error as OverQuota<QuotaResource>) : error
  }
}

function answerOf({ overs, rooms, wanted }: OverQuota<QuotaResource>): ApiError {
  const limitOf = (name: QuotaResource) => rooms[name]?.limit ?? 0
  if (overs.includes('per_volume_gigabytes')) {
    const size = wanted.per_volume_gigabytes ?? 0
    const limit = limitOf('per_volume_gigabytes')
    return tooLarge(
      'VolumeSizeExceedsLimit',
      `Requested volume size ${size}G is larger than maximum allowed limit ${limit}G.`,
    )
  }
  if (overs.includes('gigabytes')) {
    return tooLarge(
      'VolumeSizeExceedsAvailableQuota',
      `Requested volume or snapshot exceeds allowed gigabytes quota. Requested ${wanted.gigabytes ?? 0}G, ` +
        `quota is ${limitOf('gigabytes')}G and ${rooms.gigabytes?.used ?? 0}G has been consumed.`,
    )
  }
  if (overs.includes('snapshots')) {
    return tooLarge(
      'SnapshotLimitExceeded',
      `Maximum number of snapshots allowed (${limitOf('snapshots')}) exceeded`,
    )
  }
  return tooLarge(
    'VolumeLimitExceeded',
    `Maximum number of volumes allowed (${limitOf('volumes')}) exceeded for quota 'volumes'.`,
  )
}

/** The original puts the name of its error before the words, and says that one need not wait. */
function tooLarge(name: string, message: string): ApiError {
  return requestTooLarge(`${name}: ${message}`, {
    code: 'quota_exceeded',
    headers: { 'retry-after': '0' },
    extra: { retryAfter: '0' },
  })
}
