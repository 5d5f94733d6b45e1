import { z } from 'zod'

// Schemas of attributes that several kinds of things have. @see keystone, common/validation/parameter_types.py

export const idString = z
  .string()
  .min(1)
  .max(64)
  .regex(/^[a-zA-Z0-9-]+$/)

/** A name that is more than white space. @param longest in characters */
export function nameUpTo(longest: number) {
  return z.string().min(1).max(longest).regex(/\S/)
}

export const description = z.string().nullable().optional()

export const enabled = z.boolean().optional()

/** Neither a comma nor a slash: both would stand in the way in a URL. */
export const tag = z
  .string()
  .min(1)
  .max(255)
  .regex(/^[^,/]*$/)

export const tagList = z
  .array(tag)
  .max(80)
  .refine((tags) => new Set(tags).size === tags.length, 'the same tag stands there twice')
