import { z } from 'zod'
import { text, uuid } from '@longhaul/oslo/api'

/** Name or description: null is none, and blanks around it do not count. */
export const label = text(0, 255)
  .transform((value) => value.trim())
  .nullable()

const metadataKey = z.string().regex(/^[a-zA-Z0-9-_:. /]{1,255}$/, 'is no key')

/** What users say of volumes and snapshots: text by key. */
export const metadata = z.record(metadataKey, text(0, 255))

/** Extra specs of a type. */
export const extraSpecs = z.record(z.string().regex(/^[a-zA-Z0-9-_:.]{1,255}$/, 'is no key'), text(0, 255))

/** GiB. The largest number of bytes that a file may have is not much more than this. */
export const sizeText = z
  .union([
    z.int(),
    z
      .string()
      .regex(/^[0-9]{1,10}$/, 'must be a whole number')
      .transform(Number),
  ])
  .pipe(
    z
      .int()
      .min(1)
      .max(2 ** 22),
  )

export const optionalUuid = uuid.nullish()

/** Whether a text may be the id of a resource; nothing else is asked of the database. */
export function isUuid(value: string): boolean {
  return /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/i.test(value)
}

/** Databases neither store nor look for the character NUL, nor half of a pair of surrogates. */
export function isStorable(value: string): boolean {
  return !value.includes('\0') && value.isWellFormed()
}

/** A query parameter that says yes. */
export function isTrue(text: unknown): boolean {
  return typeof text === 'string' && /^(1|t|true|on|y|yes)$/i.test(text)
}
