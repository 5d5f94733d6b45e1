import { EmptyCatalog, EndpointNotFound, HttpError, isRetriable, type Adapter } from '@longhaul/keystoneauth'
import { internalError, serviceUnavailable, unauthorized, type ApiError } from '@longhaul/oslo/api'

/** The version from which Nova tells the id of an attachment. */
const attachmentVersion = '2.89'
/** The version from which Nova hears that a volume was extended. */
const extendedVersion = '2.51'

/**
 * The attachment under which a server uses a volume, asked as the holder of the adapter's auth.
 *
 * @returns undefined if there is no such server, or it does not use the volume
 * @throws ApiError 503 `nova_unreachable`, 401, 500 `nova_failed`
 */
export async function serverAttachment(
  nova: Adapter,
  serverId: string,
  volumeId: string,
): Promise<string | undefined> {
  try {
    const path = `/servers/${serverId}/os-volume_attachments/${volumeId}`
    const answer = await nova.get(path, { microversion: attachmentVersion })
    const { volumeAttachment } = await answer.json<{ volumeAttachment?: { attachment_id?: unknown } }>()
    if (typeof volumeAttachment?.attachment_id === 'string') return volumeAttachment.attachment_id
  } catch (error) {
    if (error instanceof HttpError && error.status === 404) return undefined
    throw novaError(error)
  }
  throw internalError('The Compute service did not say which attachment the server uses.', {
    code: 'nova_failed',
  })
}

/** Tells Nova that volumes of servers are larger now. Errors are keystoneauth's. */
export async function tellExtended(
  nova: Adapter,
  volumeId: string,
  serverIds: readonly string[],
): Promise<void> {
  const events = serverIds.map((id) => ({ name: 'volume-extended', server_uuid: id, tag: volumeId }))
  await nova.post('/os-server-external-events', { json: { events }, microversion: extendedVersion })
}

function novaError(error: unknown): ApiError {
  if (isRetriable(error)) {
    return serviceUnavailable('The Compute service does not answer.', {
      code: 'nova_unreachable',
      cause: error,
    })
  }
  if (error instanceof HttpError && error.status === 401) {
    return unauthorized('The Compute service refuses the token of the request.', { cause: error })
  }
  const isMissing = error instanceof EndpointNotFound || error instanceof EmptyCatalog
  return internalError(
    isMissing ? 'There is no Compute service in the catalog.' : 'The Compute service failed.',
    {
      code: 'nova_failed',
      cause: error,
    },
  )
}
