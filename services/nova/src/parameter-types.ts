import { z } from 'zod'
import { text } from '@longhaul/oslo/api'

export { boolean, booleanText, integer, text, uuid } from '@longhaul/oslo/api'

/** Names of servers, flavors and so on. */
export const name = text(1, 255).regex(
  /^(?!\p{Zs})[^\p{C}\p{Zl}\p{Zp}]*(?<!\p{Zs})$/u,
  'must be printable characters and not begin or end with whitespace',
)

const printable = /^[^\p{C}\p{Zl}\p{Zp}]*$/u

/** Null removes it. @param max characters */
export function description(max: number) {
  return text(0, max).regex(printable, 'must be printable characters').nullable()
}

/** A label of a host. @see RFC 952, RFC 1123 */
export const hostname = text(2, 63).regex(/^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$/, 'is no hostname')

/** Name of a host or of a domain; underscores are allowed because they occur. */
export const fqdn = text(1, 255).regex(/^[a-zA-Z0-9._-]*$/, 'is no domain name')

const metadataKey = z.string().regex(/^[a-zA-Z0-9-_:. ]{1,255}$/, 'is no key')

/** What users say of servers and images: text by key. */
export const metadata = z.record(metadataKey, text(0, 255))

/** One item of metadata. */
export const metadataItem = metadata.refine((items) => Object.keys(items).length === 1, 'must be one item')

/** As `metadata`; the values may be numbers. */
export const extraSpecs = z.record(
  metadataKey,
  z.union([text(0, 255), z.number().transform(String).pipe(text(1, 255))]),
)

/** Tags of one server at most. */
export const maxTags = 50

export const tag = text(1, 60).regex(/^[^,/]*$/, 'must not have a comma or a slash')

export const diskConfig = z.enum(['AUTO', 'MANUAL'])

/** Base 64, perhaps broken into lines. */
export const base64 = text(0, 65_535).refine((value) => {
  const bare = value.replaceAll(/\s/g, '')
  return bare.length % 4 === 0 && /^[A-Za-z0-9+/]*={0,2}$/.test(bare)
}, 'is no base 64')

/** Ids of tags, projects and users in a query or body, which belong to other services. */
export const foreignId = text(1, 255)
