import { conflict, type ApiError } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import { invalidInput } from '../answers.ts'
import type { Attachment } from './store.ts'

/** What the rule needs to know of the world. */
export interface DeletionRuleParts {
  /** `[keystone_authtoken] service_token_roles`: roles of which a service token has one. */
  serviceTokenRoles: readonly string[]
  /**
   * The attachment under which a server uses a volume, asked of Nova as the user of the request; undefined if Nova knows
   * no such server, or the server does not use the volume.
   *
   * @throws ApiError 503, 500
   */
  serverAttachment(context: RequestContext, serverId: string, volumeId: string): Promise<string | undefined>
  logger: { warn(fields: object, message: string): void }
}

/** What is to be ended, in the words of the request. */
export interface WantedDeletion {
  volumeId: string
  /** All attachments of the volume. */
  attachments: readonly Attachment[]
  /** The attachment that the request names; `unknown` if there is none of that id; undefined if it names none. */
  named: Attachment | 'unknown' | undefined
}

/**
 * Whether an attachment may be ended: who does that behind Nova's back leaves a device on the host that may show
 * another user's data. Allowed in this order:
 *
 * | | the request | |
 * |---|---|---|
 * | 1 | carries a service token with an accepted role | allowed |
 * | 2 | names no attachment, and there is none | allowed |
 * | 3 | names none of several, or one that does not exist | refused |
 * | 4 | names one of another volume | 400 |
 * | 5 | is about one without a server, or that nobody has connected | allowed |
 * | 6 | is about one that Nova does not know, or knows another one | allowed |
 * | 7 | is about one that Nova confirms | refused |
 *
 * @throws ApiError 409 `attachment_in_use_by_nova`; 400; what asking Nova throws
 * @see CVE-2023-2088; openstack/cinder cinder/volume/api.py, attachment_deletion_allowed
 */
export async function assertDeletionAllowed(
  parts: DeletionRuleParts,
  context: RequestContext,
  { volumeId, attachments, named }: WantedDeletion,
): Promise<void> {
  if (context.serviceRoles.some((role) => parts.serviceTokenRoles.includes(role))) return
  if (named === undefined && attachments.length === 0) return
  const only = attachments.length === 1 ? attachments[0] : undefined
  const attachment = named === 'unknown' ? undefined : (named ?? only)
  if (!attachment) throw refused(parts, volumeId, undefined)
  if (attachment.volume_id !== volumeId) throw invalidInput('Mismatched volume and attachment')
  const { instance_uuid: serverId, connection_info: info } = attachment
  if (serverId === null || info === null) return
  const known = await parts.serverAttachment(context, serverId, volumeId)
  if (known === attachment.id) throw refused(parts, volumeId, attachment)
  parts.logger.warn(
    { volume: volumeId, attachment: attachment.id, server: serverId, nova: known ?? null },
    'an attachment that Nova does not know is ended; it may have left a device on the host',
  )
}

function refused(
  { logger }: DeletionRuleParts,
  volumeId: string,
  attachment: Attachment | undefined,
): ApiError {
  const serverId = attachment?.instance_uuid ?? ''
  logger.warn(
    { volume: volumeId, attachment: attachment?.id, server: serverId },
    'the request to end an attachment in use has no service token: it must come from Nova, which must be configured to send one',
  )
  return conflict(
    `ConflictNovaUsingAttachment: Detach volume from instance ${serverId} using the Compute API`,
    { code: 'attachment_in_use_by_nova' },
  )
}
