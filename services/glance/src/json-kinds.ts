import { z } from 'zod'

export const uuidPattern = /^[0-9a-fA-F]{8}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{4}-[0-9a-fA-F]{12}$/

/** What a value may be, for the service that checks it and for the client that reads the JSON schema. */
export interface JsonKind {
  check: z.ZodType
  json: Record<string, unknown>
}

/** Databases neither store nor look for the character NUL, nor half of a pair of surrogates. */
export function isStorable(text: string): boolean {
  return !text.includes('\0') && text.isWellFormed()
}

/** @param max characters */
export const storableText = (max: number) =>
  z.string().max(max).refine(isStorable, 'has a character that is not allowed')

/** @param max characters */
export function textKind(
  max: number,
  { nullable = false, pattern }: { nullable?: boolean; pattern?: RegExp } = {},
) {
  const text = pattern === undefined ? storableText(max) : storableText(max).regex(pattern)
  return {
    check: nullable ? text.nullable() : text,
    json: {
      type: nullable ? ['null', 'string'] : 'string',
      ...(pattern === undefined ? { maxLength: max } : { pattern: pattern.source }),
    },
  }
}

export function choiceKind<const T extends readonly string[]>(
  values: T,
  { nullable = false }: { nullable?: boolean } = {},
) {
  const choice = z.enum(values as unknown as [string, ...string[]])
  return {
    check: nullable ? choice.nullable() : choice,
    json: {
      type: nullable ? ['null', 'string'] : 'string',
      enum: nullable ? [null, ...values] : [...values],
    },
  }
}

export const flagKind: JsonKind = { check: z.boolean(), json: { type: 'boolean' } }

/** 0 to what a 32-bit number holds. */
export const amountKind: JsonKind = {
  check: z.int().min(0).max(2_147_483_647),
  json: { type: 'integer' },
}
