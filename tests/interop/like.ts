import assert from 'node:assert/strict'

/** What a text that differs from run to run looks like. */
export const forms = {
  /** As Keystone's ids. */
  id: /^[0-9a-f]{32}$/,
  uuid: /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/,
  time: /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{6})?Z?$/,
  requestId: /^req-[0-9a-f-]{36}$/,
  fingerprint: /^(?:[0-9a-f]{2}:){15}[0-9a-f]{2}$/,
  sha512: /^[0-9a-f]{128}$/,
  md5: /^[0-9a-f]{32}$/,
}

/** Expected: as it is, or where a text differs from run to run, its form. */
export type Expected = null | boolean | number | string | RegExp | Expected[] | { [key: string]: Expected }

/** Compares the whole of a value, neither less nor more. */
export function assertLike(actual: unknown, expected: Expected, about: string): void {
  const seen = JSON.stringify(actual, undefined, 1)
  assert.deepEqual(marked(actual, expected), plain(expected), `${about} gave ${seen}`)
}

/** The actual value with every text that has its expected form replaced by the form. */
function marked(actual: unknown, expected: Expected | undefined): unknown {
  if (expected instanceof RegExp) {
    return typeof actual === 'string' && expected.test(actual) ? String(expected) : actual
  }
  if (Array.isArray(actual)) {
    return actual.map((one, index) => marked(one, Array.isArray(expected) ? expected[index] : undefined))
  }
  if (typeof actual !== 'object' || actual === null) return actual
  const inner = expected as Record<string, Expected> | undefined
  return Object.fromEntries(Object.entries(actual).map(([key, value]) => [key, marked(value, inner?.[key])]))
}

function plain(expected: Expected): unknown {
  if (expected instanceof RegExp) return String(expected)
  if (Array.isArray(expected)) return expected.map(plain)
  if (typeof expected !== 'object' || expected === null) return expected
  return Object.fromEntries(Object.entries(expected).map(([key, value]) => [key, plain(value)]))
}
