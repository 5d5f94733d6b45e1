import assert from 'node:assert/strict'
import { test } from 'node:test'
import { DatabaseUrlError, parseConnection } from './connection.ts'
import { isConnectionError } from './errors.ts'

test('SQLite paths are absolute with three slashes or four', () => {
  for (const url of [
    'sqlite:///var/lib/k.db',
    'sqlite:////var/lib/k.db',
    'sqlite+pysqlite:////var/lib/k.db?timeout=3',
  ]) {
    assert.deepEqual(parseConnection(url), { kind: 'sqlite', path: '/var/lib/k.db' })
  }
  assert.deepEqual(parseConnection('sqlite://'), { kind: 'sqlite', path: ':memory:' })
  assert.deepEqual(parseConnection('sqlite:///:memory:'), { kind: 'sqlite', path: ':memory:' })
})

test("PostgreSQL URLs lose SQLAlchemy's driver and options and keep libpq's", () => {
  const url = 'postgresql+psycopg2://nova:p%40ss@db:5433/nova?charset=utf8&sslmode=require'
  assert.deepEqual(parseConnection(url), {
    kind: 'postgresql',
    url: 'postgresql://nova:p%40ss@db:5433/nova?sslmode=require',
  })
  assert.equal(parseConnection('postgres://u@h/d').kind, 'postgresql')
})

test('an unusable connection is refused without repeating its password', () => {
  for (const url of [
    'mysql+pymysql://u:hunter2@h/d',
    'u:hunter2@h/d',
    'postgresql://u:hunter2@h',
    'postgresql://u:hunter2@h:x/d',
  ]) {
    assert.throws(
      () => parseConnection(url),
      (error) =>
        error instanceof DatabaseUrlError &&
        error.code === 'database_url_invalid' &&
        !/hunter2/.test(error.message),
      url,
    )
  }
})

test('connection errors are known by code, state or text, also as a cause or a part', () => {
  const withCode = (code: string) => Object.assign(new Error('x'), { code })
  for (const code of ['57P01', '57P03', '08006', '53300', 'ECONNREFUSED', 'ECONNRESET']) {
    assert.ok(isConnectionError(withCode(code)), code)
  }
  assert.ok(isConnectionError(new Error('Connection terminated unexpectedly')))
  assert.ok(isConnectionError(new Error('timeout exceeded when trying to connect')))
  assert.ok(isConnectionError(new Error('outer', { cause: withCode('57P01') })))
  assert.ok(isConnectionError(new AggregateError([withCode('ECONNREFUSED')])))
  for (const other of [
    withCode('23505'),
    withCode('42P01'),
    new Error('no'),
    undefined,
    null,
    'ECONNREFUSED',
  ]) {
    assert.equal(isConnectionError(other), false)
  }
})
