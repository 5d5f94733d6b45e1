/** Values that some field of a body may take and most do not. */
export const oddValues: readonly unknown[] = [
  null,
  '',
  ' ',
  'x'.repeat(300),
  'nul\0',
  'half \ud800',
  '💩',
  -1,
  0,
  1.5,
  2 ** 40,
  1e308,
  '99999999999999999999',
  true,
  [],
  [null],
  {},
  { constructor: 1 },
]

/** The same as a part of a path or query, encoded. */
export const oddTexts: readonly string[] = [
  '%00',
  '%ff',
  '%',
  '..',
  '%2e%2e',
  '%2e%2e%2fetc',
  "'%20or%201=1--",
  '%5C',
  '%25',
  '(',
  'x'.repeat(400),
  'x'.repeat(600),
  '%F0%9F%92%A9',
  '%ED%A0%80',
  '-1',
  '99999999999999999999',
  '__proto__',
  '5F1E36C2-0E4A-4F0B-9A53-2D6A1F0C1B11',
]

const deep = 2000

/** Bodies that hold nothing an API asks for, or are no JSON at all. @param key one that the API knows */
export function brokenBodies(key: string): (string | Buffer)[] {
  return [
    '',
    'null',
    '5',
    '"text"',
    '[]',
    '{}',
    '{',
    '"',
    '\u0000',
    '{"a":',
    '{"a":1,}',
    '[[]]',
    '[null]',
    '['.repeat(deep) + ']'.repeat(deep),
    '{"a":'.repeat(deep) + '1' + '}'.repeat(deep),
    JSON.stringify({ [key]: 'x'.repeat(200_000) }),
    JSON.stringify({ [key]: 'x'.repeat(300) }),
    JSON.stringify({ ['k'.repeat(300)]: 'v' }),
    Buffer.from([0x7b, 0x22, 0xff, 0xfe, 0x22, 0x3a, 0x31, 0x7d]),
    `{"${key}":"a","${key}":7}`,
    '{"__proto__":{"status":"active"}}',
    '{"constructor":{"prototype":1}}',
    `{"${key}":"\\u0000"}`,
    `{"${key}":"\\ud800"}`,
    '{"\\ud800":"x"}',
    '{"\\u0000":"x"}',
    '{"":"x"}',
  ]
}

/** A body with each of its values replaced by another, removed, and with one too many. */
export function* variants(
  value: unknown,
  replace: (other: unknown) => unknown = (other) => other,
): Generator {
  for (const odd of oddValues) yield replace(odd)
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return
  yield replace({ ...value, unexpected: 1 })
  for (const [key, inner] of Object.entries(value)) {
    const { [key]: _, ...rest } = value as Record<string, unknown>
    yield replace(rest)
    yield* variants(inner, (other) => replace({ ...value, [key]: other }))
  }
}
