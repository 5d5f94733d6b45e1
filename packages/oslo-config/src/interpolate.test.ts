import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Config } from './config.ts'
import { ConfigError } from './errors.ts'
import { booleanOption, dictOption, integerOption, listOption, stringOption } from './options.ts'

const text = { help: 'text' }
const file = `
[DEFAULT]
host = one
[a]
port = 80
list = 1,2
old_name = older
[b-c]
path = p
`
const table = {
  port: integerOption(text),
  limit: integerOption({ ...text, default: 5 }),
  tls: booleanOption({ ...text, default: false }),
  unset: stringOption(text),
  name: stringOption({ ...text, deprecatedNames: ['old_name'] }),
  directory: stringOption({ ...text, default: '/srv/$host' }),
  files: listOption({ ...text, default: ['$directory/x', 'y'] }),
  weights: dictOption({ ...text, default: { a: '1', b: '2' } }),
}

const cases: readonly [what: string, written: string, expected: string][] = [
  ['an option of the own group', '$port', '80'],
  ['an option of DEFAULT', 'http://$host/', 'http://one/'],
  ['the default of an option', '$limit $tls', '5 false'],
  ['a default that refers on', '$directory/log', '/srv/one/log'],
  ['a list', '$list $files', '1,2 /srv/one/x,y'],
  ['a dict', '$weights', 'a:1,b:2'],
  ['an option under its older name', '$name', 'older'],
  ['an option without a value', '<$unset>', '<>'],
  ['an option in braces', '${host}_1', 'one_1'],
  ['an option of another group', '${b-c.path}', 'p'],
  ['a name that ends at a dot', '$host.example', 'one.example'],
  ['nothing behind $$', '$$port $$', '$port $'],
  ['nothing behind a backslash', '\\$port', '$port'],
  ['nothing where no name follows', 'a$ $5 $(x)s $', 'a$ $5 $(x)s $'],
]
for (const [what, written, expected] of cases) {
  test(`A reference stands for ${what}: ${written}`, () => {
    const conf = Config.parse(`${file}[a]\nvalue = ${written}\n`)
    assert.equal(conf.register('a', { ...table, value: stringOption(text) }).value, expected)
  })
}

test('References are replaced before the type is applied, and in defaults too', () => {
  const conf = Config.parse(`${file}[a]\nitems = $list,$port\ncount = $port\n`)
  const values = conf.register('a', { ...table, items: listOption(text), count: integerOption(text) })
  assert.deepEqual([values.items, values.count], [['1', '2', '80'], 80])
  assert.deepEqual(values.files, ['/srv/one/x', 'y'])
})

test('The default of an option registered before can be referred to, from any group', () => {
  const conf = Config.parse('[x]\nlog = $state_path/${y.name}\n')
  conf.register('DEFAULT', { state_path: stringOption({ ...text, default: '/var/lib/x' }) })
  conf.register('y', { name: stringOption({ ...text, default: 'n' }) })
  assert.equal(conf.register('x', { log: stringOption(text) }).log, '/var/lib/x/n')
})

const refused: readonly [what: string, written: string, message: RegExp][] = [
  ['to nothing', '$nothing', /\$nothing, which is not an option/],
  ['to a name that every object has', '$constructor', /not an option/],
  ['to an unknown group', '${z.host}', /not an option/],
  ['to itself', '$value', /itself/],
  ['to itself through another option', '$back', /itself/],
]
for (const [what, written, message] of refused) {
  test(`A reference ${what} is an error`, () => {
    const conf = Config.parse(`[x]\nvalue = ${written}\nback = $value\n`)
    assert.throws(() => conf.register('x', { value: stringOption(text) }), message)
  })
}

test('The error about a secret with a dollar sign does not tell what follows it', () => {
  const conf = Config.parse('[x]\npassword = top$secret\n')
  assert.throws(
    () => conf.register('x', { password: stringOption({ ...text, secret: true }) }),
    (error) => {
      assert.ok(error instanceof ConfigError)
      assert.match(error.message, /write \$\$/)
      assert.doesNotMatch(error.message, /top|secret/)
      return true
    },
  )
})
