import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { Config, integerOption, stringOption } from './index.ts'

const table = {
  level: stringOption({ help: 'Level.', default: 'info', choices: ['info', 'debug'], mutable: true }),
  limit: integerOption({ help: 'Limit.', default: 1, mutable: true }),
  port: integerOption({ help: 'Port.', default: 80 }),
}

function scene(t: TestContext, text: string) {
  const directory = mkdtempSync(join(tmpdir(), 'reload-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const file = join(directory, 'a.conf')
  const write = (content: string) => writeFileSync(file, content)
  write(text)
  const conf = Config.read([file])
  return { conf, write, file, values: conf.register('DEFAULT', table) }
}

test('A mutable option has its new value after a reload, others keep theirs and are named', (t) => {
  const { conf, write, values } = scene(t, '[DEFAULT]\nlevel = info\nport = 80\n')
  write('[DEFAULT]\nlevel = debug\nlimit = 7\nport = 81\n')
  assert.deepEqual(conf.reload(), {
    changed: ['[DEFAULT] level', '[DEFAULT] limit'],
    ignored: ['[DEFAULT] port'],
  })
  assert.deepEqual([values.level, values.limit, values.port], ['debug', 7, 80])
  assert.deepEqual(conf.reload(), { changed: [], ignored: [] })
})

test('An option that is taken out of the file goes back to its default', (t) => {
  const { conf, write, values } = scene(t, '[DEFAULT]\nlimit = 7\n')
  write('')
  assert.deepEqual(conf.reload().changed, ['[DEFAULT] limit'])
  assert.equal(values.limit, 1)
})

test('One wrong value and nothing changes; file, line and option are told', (t) => {
  const { conf, write, values, file } = scene(t, '[DEFAULT]\nlimit = 2\n')
  write('[DEFAULT]\nlevel = debug\nlimit = many\n')
  assert.throws(() => conf.reload(), new RegExp(`${file}:3.*limit`))
  assert.deepEqual([values.level, values.limit], ['info', 2])
  write('[DEFAULT]\nlevel = debug\nlimit = 3\n')
  assert.deepEqual(conf.reload().changed, ['[DEFAULT] level', '[DEFAULT] limit'])
})

test('A file that cannot be read changes nothing', (t) => {
  const { conf, values, file } = scene(t, '[DEFAULT]\nlimit = 2\n')
  rmSync(file)
  assert.throws(() => conf.reload(), /no such file/)
  assert.equal(values.limit, 2)
})
