import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ConfigError } from './errors.ts'
import { parseIni } from './ini.ts'

const read: readonly [
  what: string,
  text: string,
  expected: readonly (readonly [string, string, string])[],
][] = [
  [
    'a repeated option keeps every repetition, in order',
    '[x]\na = 1\na = 2',
    [
      ['x', 'a', '1'],
      ['x', 'a', '2'],
    ],
  ],
  ['a value may hold # and ; and =', '[x]\npassword = a;b#c=d', [['x', 'password', 'a;b#c=d']]],
  [
    'a colon separates as well, whichever comes first',
    '[x]\na: b=c\nd=e:f',
    [
      ['x', 'a', 'b=c'],
      ['x', 'd', 'e:f'],
    ],
  ],
  ['comments begin with # or ;', '# a = 1\n; b = 2\n[x]\n#c = 3\nd = 4', [['x', 'd', '4']]],
  [
    'indented lines go on with the value',
    '[x]\na = %(asctime)s\n  two\n\tthree',
    [['x', 'a', '%(asctime)s\ntwo\nthree']],
  ],
  ['an indented # is a part of the value', '[x]\na = 1\n  # two', [['x', 'a', '1\n# two']]],
  [
    'a line of white space is an empty line',
    '[x]\na = 1\n   \nb = 2',
    [
      ['x', 'a', '1'],
      ['x', 'b', '2'],
    ],
  ],
  [
    'one pair of quotes is taken off',
    `[x]\na = " b "\nc = 'd'\ne = "f'`,
    [
      ['x', 'a', ' b '],
      ['x', 'c', 'd'],
      ['x', 'e', `"f'`],
    ],
  ],
  [
    'quotes inside stay',
    '[x]\na = "b" or "c"\nd = e"f"',
    [
      ['x', 'a', 'b" or "c'],
      ['x', 'd', 'e"f"'],
    ],
  ],
  [
    'a value may be empty',
    '[x]\na =\nb = ""',
    [
      ['x', 'a', ''],
      ['x', 'b', ''],
    ],
  ],
  ['hyphens become underscores', '[x]\nauth-url = u', [['x', 'auth_url', 'u']]],
  [
    'sections may come back',
    '[x]\na = 1\n[y]\n[x]\nb = 2',
    [
      ['x', 'a', '1'],
      ['x', 'b', '2'],
    ],
  ],
  ['a section may hold any character', '[a:b c]\nd = 1', [['a:b c', 'd', '1']]],
  [
    'line ends of Windows and a byte order mark do no harm',
    '\uFEFF[x]\r\na = 1\r\n  2\r\n',
    [['x', 'a', '1\n2']],
  ],
]
for (const [what, text, expected] of read) {
  test(`In the INI language ${what}`, () => {
    const entries = parseIni(text, 'x.conf')
    assert.deepEqual(
      entries.map(({ group, name, value }) => [group, name, value]),
      expected,
    )
  })
}

const refused: readonly [what: string, text: string, line: number][] = [
  ['an option before any section', 'a = 1', 1],
  ['a line that is neither option nor section', '[x]\nword', 2],
  ['an option without a name', '[x]\n= 1', 2],
  ['a section without its end', '[x', 1],
  ['a section without a name', '[]', 1],
  ['a section with a comment behind it', '[x] # note', 1],
  ['an indented line at the beginning', '  a = 1', 1],
  ['an indented line after a section', '[x]\n  a = 1', 2],
  ['an indented line after an empty line', '[x]\na = 1\n\n  b', 4],
  ['an indented line after a comment', '[x]\na = 1\n# note\n  b', 4],
]
for (const [what, text, line] of refused) {
  test(`The line of ${what} is named`, () => {
    assert.throws(
      () => parseIni(text, 'x.conf'),
      (error) => {
        assert.ok(error instanceof ConfigError)
        assert.deepEqual(
          error.problems.map((problem) => [problem.file, problem.line]),
          [['x.conf', line]],
        )
        return true
      },
    )
  })
}

test('A line at fault is not repeated in the error, since it may be a part of a secret', () => {
  assert.throws(
    () => parseIni('[x]\npassword = top\nsecretrest\n', 'x.conf'),
    (error) => error instanceof ConfigError && !error.message.includes('secretrest'),
  )
})
