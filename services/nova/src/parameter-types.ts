import { z } from 'zod'

/** What the integer columns hold at most. */
const maxInteger = 2 ** 31 - 1

/** Text that the database can hold: no NUL, no half of a surrogate pair. */
export function text(min: number, max: number) {
  return z
    .string()
    .min(min)
    .max(max)
    .refine((value) => !value.includes('\0') && value.isWellFormed(), 'has a character that is not allowed')
}

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

const yes = ['True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', 'Yes', 'yes'] as const
const no = ['False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off', 'NO', 'No', 'no'] as const

/** The words for true and false. */
export const booleanText = z
  .enum([...yes, ...no])
  .transform((word) => (yes as readonly string[]).includes(word))

/** JSON's booleans and the words for them. */
export const boolean = z.union([z.boolean(), booleanText])

/** A number, or its digits as text. */
export function integer(min: number, max = maxInteger) {
  const digits = z
    .string()
    .regex(/^-?[0-9]{1,15}$/, 'must be a whole number')
    .transform(Number)
  return z.union([z.int(), digits]).pipe(z.int().min(min).max(max))
}

/** A label of a host. @see RFC 952, RFC 1123 */
export const hostname = text(2, 63).regex(/^[a-zA-Z0-9]+[a-zA-Z0-9-]*[a-zA-Z0-9]+$/, 'is no hostname')

/** Name of a host or of a domain; underscores are allowed because they occur. */
export const fqdn = text(1, 255).regex(/^[a-zA-Z0-9._-]*$/, 'is no domain name')

export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i, 'is no UUID')
  .transform((value) => {
    return value
      .replaceAll('-', '')
      .toLowerCase()
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  })

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
