import { isUtf8 } from 'node:buffer'
import { badRequest } from '../api-error.ts'

/** Objects and lists inside each other at most. */
const maxNesting = 64

const quote = 0x22
const backslash = 0x5c
const openers = new Set([0x5b, 0x7b])
const closers = new Set([0x5d, 0x7d])

/** `__proto__` as a key, in any spelling that JSON allows, may hide behind an escape. */
const poison =
  /"(?:_|\\u005f){2}(?:p|\\u0070)(?:r|\\u0072)(?:o|\\u006f)(?:t|\\u0074)(?:o|\\u006f)(?:_|\\u005f){2}"\s*:/i

/**
 * Reads a JSON body. Of keys that appear twice the last one counts, as everywhere in JavaScript and Python.
 *
 * @returns undefined for an empty body
 * @throws ApiError 400 `malformed_json`: not UTF-8, not JSON, nested deeper than 64, or with a key `__proto__`. The
 *   message never repeats the body, which may hold a password.
 */
export function readJson(bytes: Buffer): unknown {
  if (bytes.length === 0) return undefined
  if (!isUtf8(bytes)) throw malformed('The request body is not valid UTF-8.')
  if (nesting(bytes) > maxNesting)
    throw malformed(`The request body is nested deeper than ${maxNesting} levels.`)
  const text = bytes.toString('utf8')
  if (poison.test(text)) throw malformed('The request body has a key that is not allowed.')
  try {
    return JSON.parse(text)
  } catch {
    throw malformed('Expecting to find valid JSON in request body.')
  }
}

function malformed(message: string) {
  return badRequest(message, { code: 'malformed_json' })
}

function nesting(bytes: Buffer): number {
  let depth = 0
  let deepest = 0
  let quoted = false
  for (let i = 0; i < bytes.length; i++) {
    const byte = bytes[i] as number
    if (quoted) {
      if (byte === backslash) i++
      else if (byte === quote) quoted = false
    } else if (byte === quote) quoted = true
    else if (openers.has(byte)) deepest = Math.max(deepest, ++depth)
    else if (closers.has(byte)) depth--
  }
  return deepest
}
