import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import {
  Config,
  ConfigError,
  integerOption,
  multiStringOption,
  portOption,
  stringOption,
  uriOption,
} from './index.ts'

const text = { help: 'text' }

function problemsOf(run: () => unknown): ConfigError['problems'] {
  try {
    run()
  } catch (error) {
    assert.ok(error instanceof ConfigError)
    assert.equal(error.code, 'config_invalid')
    return error.problems
  }
  return assert.fail('no error')
}

function write(t: TestContext, files: Record<string, string | Uint8Array>): (name: string) => string {
  const directory = mkdtempSync(join(tmpdir(), 'oslo-config-'))
  t.after(() => rmSync(directory, { recursive: true }))
  for (const [name, content] of Object.entries(files)) writeFileSync(join(directory, name), content)
  return (name) => join(directory, name)
}

test('Of a repeated option the last one counts, unless the option may be repeated', () => {
  const conf = Config.parse('[DEFAULT]\ndriver = a\ndriver = b\n')
  assert.deepEqual(conf.register('DEFAULT', { driver: multiStringOption(text) }).driver, ['a', 'b'])
  assert.equal(conf.register('DEFAULT', { driver: stringOption(text) }).driver, 'b')
})

test('An option that is not set has its default, or is undefined, or is missed', () => {
  const conf = Config.parse('')
  const values = conf.register('x', {
    a: stringOption(text),
    b: integerOption({ ...text, default: 0 }),
    c: multiStringOption(text),
  })
  assert.deepEqual(values, { a: undefined, b: 0, c: [] })
  const [problem] = problemsOf(() => conf.register('x', { d: uriOption({ help: 'Where.', required: true }) }))
  assert.deepEqual([problem?.group, problem?.option, problem?.file], ['x', 'd', undefined])
  assert.match(problem?.message ?? '', /required and not set \(Where\.\)/)
})

test('Every problem of a group is listed at once, and no secret value is told', () => {
  const conf = Config.parse('[x]\nport = p\npin = topsecret\nkind = topsecret\n', 'x.conf')
  const table = {
    port: portOption(text),
    pin: integerOption({ ...text, secret: true }),
    kind: stringOption({ ...text, secret: true, choices: ['a'] }),
    url: uriOption({ ...text, required: true }),
  }
  assert.throws(
    () => conf.register('x', table),
    (error) => {
      assert.ok(error instanceof ConfigError)
      assert.deepEqual(
        error.problems.map(({ option }) => option),
        ['port', 'pin', 'kind', 'url'],
      )
      assert.doesNotMatch(error.message, /topsecret/)
      assert.match(error.message, /^x\.conf:2: \[x\] port: /)
      return true
    },
  )
})

test('A problem that is found later has the place of its setting, or all places that were looked at', () => {
  const conf = Config.parse('[x]\nold_port = 1\n', 'x.conf')
  conf.register('x', {
    port: integerOption({ ...text, deprecatedNames: ['old_port'] }),
    key: stringOption({ ...text, deprecatedNames: ['pin', ['y', 'key']] }),
  })
  assert.deepEqual(conf.problem('x', 'port', 'is odd'), {
    file: 'x.conf',
    line: 2,
    group: 'x',
    option: 'port',
    message: 'is odd',
  })
  const { file, message } = conf.problem('x', 'key', 'is not set')
  assert.equal(file, undefined)
  assert.equal(message, 'is not set; looked for in x.conf, also as [x] pin, also as [y] key')
})

test('Who looks for further problems has the values that are good', () => {
  const conf = Config.parse('[x]\nport = p\nname = n\n', 'x.conf')
  const found = conf.tryRegister('x', { port: portOption(text), name: stringOption(text) })
  assert.deepEqual(found.values, { name: 'n' })
  assert.deepEqual(
    found.problems.map(({ option, line }) => [option, line]),
    [['port', 2]],
  )
})

test('An older name is understood, with a warning and its place, also from another group', () => {
  const conf = Config.parse('[old]\nuri = http://a\n[x]\ntenant_name = t\n', 'x.conf')
  const values = conf.register('x', {
    project_name: stringOption({ ...text, deprecatedNames: ['tenant-name'] }),
    uri: uriOption({ ...text, deprecatedNames: [['old', 'uri']] }),
  })
  assert.deepEqual([values.project_name, values.uri], ['t', 'http://a'])
  assert.equal(conf.where('x', 'uri'), 'x.conf:2')
  assert.deepEqual(conf.warnings, [
    'x.conf:4: [x] tenant_name is deprecated, write [x] project_name',
    'x.conf:2: [old] uri is deprecated, write [x] uri',
  ])
})

test('An option that will be removed is warned of when it is set, and once', () => {
  const conf = Config.parse('[x]\na = 1\n', 'x.conf')
  const table = {
    a: stringOption({ ...text, deprecatedForRemoval: 'It does nothing.' }),
    b: stringOption({ ...text, deprecatedForRemoval: 'Nor does it.' }),
  }
  conf.register('x', table)
  conf.register('x', table)
  assert.deepEqual(conf.warnings, ['x.conf:2: [x] a is deprecated and will be removed: It does nothing.'])
})

test('The older names that a service and a library know of one option add up', () => {
  const conf = Config.parse('[x]\ncertificate = a\n')
  const option = (deprecatedNames: string[]) => ({
    cafile: stringOption({ help: 'A file.', deprecatedNames }),
  })
  conf.register('x', option(['certificate']))
  assert.equal(conf.register('x', option(['ca_file'])).cafile, 'a')
  assert.deepEqual(conf.files, ['inline'])
})

test('In one file the new name wins over the older one', () => {
  const conf = Config.parse('[x]\nproject_name = new\ntenant_name = old\n')
  const table = { project_name: stringOption({ ...text, deprecatedNames: ['tenant_name'] }) }
  assert.equal(conf.register('x', table).project_name, 'new')
  assert.equal(conf.warnings.length, 0)
})

test('Groups are found in any case and options with hyphens or underscores', () => {
  const conf = Config.parse('[Default]\nlog-file = l\n[Keystone_AuthToken]\nauth-url = http://a\n', 'x.conf')
  assert.equal(conf.register('DEFAULT', { log_file: stringOption(text) }).log_file, 'l')
  assert.equal(conf.register('keystone_authtoken', { 'auth-url': uriOption(text) })['auth-url'], 'http://a')
  assert.equal(conf.has('KEYSTONE_AUTHTOKEN', 'auth_url'), true)
  assert.deepEqual(conf.sections(), ['Default', 'Keystone_AuthToken'])
})

test('The tables registered for a group add up', () => {
  const conf = Config.parse('')
  const first = { a: stringOption(text) }
  const second = { b: stringOption(text) }
  conf.register('x', first)
  conf.register('x', second)
  assert.deepEqual([...conf.registered()], [{ group: 'x', table: { ...first, ...second } }])
})

test('A later file wins, under an older name too, and values that may be repeated add up', (t) => {
  const path = write(t, {
    '1.conf': '[x]\nmany = 1\nmany = 2\none = 1\nkept = 1\n',
    '2.conf': '[x]\nmany = 3\nolder = 2\n',
  })
  const conf = Config.read([path('1.conf'), path('2.conf')])
  const values = conf.register('x', {
    many: multiStringOption(text),
    one: integerOption({ ...text, deprecatedNames: ['older'] }),
    kept: integerOption(text),
  })
  assert.deepEqual(values, { many: ['1', '2', '3'], one: 2, kept: 1 })
  assert.equal(conf.where('x', 'one'), `${path('2.conf')}:3`)
  assert.equal(conf.where('x', 'none'), 'default')
})

test('A directory stands for its .conf files, sorted, and not for what lies below', (t) => {
  const path = write(t, { '2.conf': '[x]\na = 2\n', '1.conf': '[x]\na = 1\n', '3.conf.bak': '[x]\na = 3\n' })
  mkdirSync(path('deeper'))
  writeFileSync(join(path('deeper'), '4.conf'), '[x]\na = 4\n')
  assert.equal(Config.read([path('.')]).register('x', { a: stringOption(text) }).a, '2')
})

test('All files that cannot be read or parsed are named at once', (t) => {
  const path = write(t, {
    'latin.conf': new Uint8Array([0x5b, 0xe4, 0x5d]),
    'a.conf': 'a = 1\n',
    'b.conf': '[x\n',
  })
  const unreadable = problemsOf(() => Config.read([path('none.conf'), path('latin.conf'), path('a.conf')]))
  assert.deepEqual(
    unreadable.map(({ file, message }) => [file, message]),
    [
      [path('none.conf'), 'no such file'],
      [path('latin.conf'), 'cannot be read: it is not UTF-8'],
    ],
  )
  const unparsed = problemsOf(() => Config.read([path('a.conf'), path('b.conf')]))
  assert.deepEqual(
    unparsed.map(({ file, line }) => [file, line]),
    [
      [path('a.conf'), 1],
      [path('b.conf'), 1],
    ],
  )
})
