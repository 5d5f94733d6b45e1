import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Config } from '@longhaul/oslo-config'
import { databaseOptions } from './options.ts'

test('a database is required, and its password is not in the complaint about another option', () => {
  const read = (text: string) => Config.parse(text).register('database', databaseOptions)
  assert.deepEqual(read('[database]\nconnection = sqlite://\n'), {
    connection: 'sqlite://',
    max_pool_size: 5,
  })
  assert.throws(() => read('[database]\n'), { code: 'config_invalid' })
  assert.throws(
    () => read('[database]\nconnection = postgresql://u:hunter2@h/d\nmax_pool_size = 0\n'),
    (error: Error) => !error.message.includes('hunter2') && error.message.includes('max_pool_size'),
  )
})
