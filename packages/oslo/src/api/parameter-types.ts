import { z } from 'zod'

/** What the integer columns of databases hold at most. */
const maxInteger = 2 ** 31 - 1

/** Text that the database can hold: no NUL, no half of a surrogate pair. */
export function text(min: number, max: number) {
  return z
    .string()
    .min(min)
    .max(max)
    .refine((value) => !value.includes('\0') && value.isWellFormed(), 'has a character that is not allowed')
}

const yes = ['True', 'TRUE', 'true', '1', 'ON', 'On', 'on', 'YES', 'Yes', 'yes'] as const
const no = ['False', 'FALSE', 'false', '0', 'OFF', 'Off', 'off', 'NO', 'No', 'no'] as const

/** The words for true and false. @see oslo_utils/strutils.py, bool_from_string */
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

/** With or without dashes; the result has them, in lower case. */
export const uuid = z
  .string()
  .regex(/^[0-9a-f]{8}-?([0-9a-f]{4}-?){3}[0-9a-f]{12}$/i, 'is no UUID')
  .transform((value) => {
    return value
      .replaceAll('-', '')
      .toLowerCase()
      .replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5')
  })
