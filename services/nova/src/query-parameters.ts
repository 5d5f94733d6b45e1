import { z } from 'zod'
import { badRequest, isServed, type MicroversionWindow } from '@longhaul/oslo/api'
import type { Microversion, Version } from './microversions.ts'
import { parseIsoTime } from './iso-time.ts'
import { text } from './parameter-types.ts'

/** Things in a list at most. @see [api] max_limit of Nova */
export const maxLimit = 1000

// Every parameter may come several times: a schema sees the list of its values.

/** All values are checked, the last one counts. */
export function last<T extends z.ZodType<unknown, string>>(item: T) {
  return z.array(item).transform((values) => values.at(-1) as z.output<T>)
}

/** May come once only. */
export function single<T extends z.ZodType<unknown, string>>(item: T) {
  return z
    .array(item)
    .max(1)
    .transform((values) => values[0] as z.output<T>)
}

export const anyText = text(0, 1024)

/** `limit` and `marker` as `pageOf` reads them. */
export const pageParameters = {
  limit: last(text(1, 15).regex(/^[0-9]+$/, 'must be a whole number')).optional(),
  marker: last(anyText).optional(),
}

export const time = text(1, 64).transform((value, context) => {
  const parsed = parseIsoTime(value)
  if (parsed) return parsed
  context.addIssue({ code: 'custom', message: 'is no time in ISO 8601' })
  return z.NEVER
})

export interface QueryRules<Name extends string> {
  version: Microversion
  /** Version from which unknown parameters are refused and not ignored; default 2.75. */
  strictFrom?: Version
  /** Parameters that not every version knows. */
  windows?: Partial<Record<Name, MicroversionWindow<Version>>>
}

/**
 * Reads the query of a request.
 *
 * @throws ApiError 400 `invalid_query`
 */
export function parseQuery<Shape extends z.ZodRawShape>(
  shape: Shape,
  query: unknown,
  { version, strictFrom = '2.75', windows = {} }: QueryRules<Extract<keyof Shape, string>>,
): z.output<z.ZodObject<Shape>> {
  const known: Record<string, string[]> = {}
  for (const [key, value] of Object.entries(query as Record<string, string | string[]>)) {
    const window = (windows as Record<string, MicroversionWindow | undefined>)[key] ?? {}
    if (Object.hasOwn(shape, key) && isServed(version, window)) known[key] = [value].flat()
    else if (version.atLeast(strictFrom)) {
      throw badRequest(`Additional properties are not allowed ('${printable(key)}' was unexpected)`, {
        code: 'unknown_parameter',
      })
    }
  }
  const result = z.object(shape).safeParse(known)
  if (result.success) return result.data
  const issue = result.error.issues[0]
  throw badRequest(
    `Invalid input for query parameters ${String(issue?.path[0] ?? '')}. ${issue?.message ?? 'invalid'}`,
    { code: 'invalid_query' },
  )
}

/**
 * Refuses keys of a body that the version does not know (any more).
 *
 * @param wrapper key of the body that holds the object
 * @param windows keys that not every version knows
 * @throws ApiError 400 `invalid_body`
 */
export function refuseKeysOutside(
  body: unknown,
  wrapper: string,
  version: Microversion,
  windows: Readonly<Record<string, MicroversionWindow<Version>>>,
): void {
  const inner = isObject(body) ? body[wrapper] : undefined
  if (!isObject(inner)) return
  for (const key of Object.keys(inner)) {
    const window = Object.hasOwn(windows, key) ? windows[key] : undefined
    if (window && !isServed(version, window)) {
      throw badRequest(`Additional properties are not allowed ('${key}' was unexpected)`, {
        code: 'invalid_body',
      })
    }
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null
}

/** What a client sent, short enough and harmless in a message. */
function printable(key: string): string {
  return key.slice(0, 60).replaceAll(/[^\x20-\x7e]/g, '?')
}
