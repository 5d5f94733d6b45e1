import { createCipheriv, createDecipheriv, randomBytes } from 'node:crypto'
import type { RequestContext } from '../request-context.ts'
import { SealError } from './seal-error.ts'
import { keyForHost } from './sealing-key.ts'
import type { SealingKey } from './sealing-key.ts'

/** What a sealed context is tied to: it opens for this operation on this host and nowhere else. */
export interface SealBinding {
  operation: string
  host: string
}

/** First byte; another layout or another meaning of a field gets another number. */
const version = 1
const nonceBytes = 12
const tagBytes = 16

/** Services that an operation calls on the user's behalf; the rest of the catalog stays behind. */
export const sealedServiceTypes: ReadonlySet<string> = new Set([
  'image',
  'block-storage',
  'volumev3',
  'key-manager',
  'placement',
  'network',
  'compute',
])

/** The fields that cross. Nothing of the service token of the request does: rights of a caller end with its call. */
const sealedFields = [
  'requestId',
  'globalRequestId',
  'userId',
  'userName',
  'userDomainId',
  'projectId',
  'projectName',
  'projectDomainId',
  'domainId',
  'systemScope',
  'roles',
  'isAdminProject',
  'authToken',
  'tokenAuditId',
  'tokenExpiresAt',
  'tokenIssuedAt',
] as const satisfies readonly (keyof RequestContext)[]

/**
 * Encrypts a context, the user's token in it, for one operation on one host: AES-256-GCM under the host's key, with a
 * random nonce.
 *
 * @returns base64url of version (1 byte), nonce (12), ciphertext, tag (16)
 * @throws SealError `seal_recipient` if the key is another host's
 */
export function sealContext(
  context: RequestContext,
  key: SealingKey,
  bound: SealBinding,
  random: (size: number) => Buffer = randomBytes,
): string {
  const fields: Record<string, unknown> = {}
  for (const name of sealedFields) fields[name] = context[name]
  fields['catalog'] = context.catalog?.filter((entry) => sealedServiceTypes.has(entry.type))
  const nonce = random(nonceBytes)
  const cipher = createCipheriv('aes-256-gcm', keyForHost(key, bound.host), nonce)
  cipher.setAAD(associatedData(bound))
  const text = Buffer.concat([cipher.update(JSON.stringify(fields), 'utf8'), cipher.final()])
  return Buffer.concat([Buffer.of(version), nonce, text, cipher.getAuthTag()]).toString('base64url')
}

/**
 * Opens a sealed context.
 *
 * @param bound the operation and the host it must have been sealed for
 * @throws SealError `seal_invalid`, `seal_version`, `seal_recipient`
 */
export function openContext(sealed: string, key: SealingKey, bound: SealBinding): RequestContext {
  const bytes = Buffer.from(sealed, 'base64url')
  if (bytes.length < 1 + nonceBytes + tagBytes)
    throw new SealError('seal_invalid', 'the sealed context is cut short')
  if (bytes[0] !== version) {
    throw new SealError(
      'seal_version',
      `the context is sealed in version ${bytes[0]}; this release knows ${version}`,
    )
  }
  const nonce = bytes.subarray(1, 1 + nonceBytes)
  const decipher = createDecipheriv('aes-256-gcm', keyForHost(key, bound.host), nonce, {
    authTagLength: tagBytes,
  })
  decipher.setAAD(associatedData(bound))
  decipher.setAuthTag(bytes.subarray(-tagBytes))
  try {
    const text = Buffer.concat([decipher.update(bytes.subarray(1 + nonceBytes, -tagBytes)), decipher.final()])
    return { ...(JSON.parse(text.toString('utf8')) as RequestContext), serviceRoles: [] }
  } catch {
    throw new SealError(
      'seal_invalid',
      'the sealed context was altered, or is bound to another operation or key',
    )
  }
}

/** Version, operation and host, each with its length, so that no two bindings give the same bytes. */
function associatedData({ operation, host }: SealBinding): Buffer {
  const parts = [Buffer.from(operation, 'utf8'), Buffer.from(host, 'utf8')]
  const sized = parts.flatMap((part) => {
    const length = Buffer.alloc(4)
    length.writeUInt32BE(part.length)
    return [length, part]
  })
  return Buffer.concat([Buffer.of(version), ...sized])
}
