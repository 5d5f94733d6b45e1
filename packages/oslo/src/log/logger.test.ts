import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, renameSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { createLogger, flushLog, logsToFile, redactedNames, reopenLog } from './index.ts'

const secret = 'Hunter2-never-shown'
const fernet = `gAAAAABn${'x9_-'.repeat(40)}==`

function capture() {
  const lines: string[] = []
  const logger = createLogger({
    service: 'nova-api',
    level: 'trace',
    now: () => 0,
    stream: { write: (line) => void lines.push(line) },
  })
  return {
    logger,
    text: () => lines.join(''),
    fields: () => JSON.parse(lines.at(-1) ?? '{}') as Record<string, unknown>,
  }
}

test('a line is JSON with time, level by name, service and message', () => {
  const { logger, fields } = capture()
  logger.warn({ port: 8774 }, 'port %d in use', 8774)
  assert.deepEqual(fields(), {
    level: 'warn',
    time: '1970-01-01T00:00:00.000Z',
    service: 'nova-api',
    pid: process.pid,
    port: 8774,
    msg: 'port 8774 in use',
  })
})

for (const name of [...redactedNames.headers, ...redactedNames.fields, ...redactedNames.tokens]) {
  test(`a value named ${name} is hidden in every spelling and depth`, () => {
    const { logger, text } = capture()
    const spellings = [name, name.toUpperCase(), name.replaceAll('-', '_'), name.replaceAll('_', '-')]
    for (const spelling of spellings) {
      logger.info({ [spelling]: secret })
      logger.info({ a: { b: [{ c: { [spelling]: secret } }] } })
      logger.info({ [spelling]: [secret] })
      logger.info({ [spelling]: Buffer.from(secret) })
      logger.child({ [spelling]: secret }).info('child')
      logger
        .child({ x: 1 })
        .child({ deep: { [spelling]: secret } })
        .info('grandchild')
    }
    assert.doesNotMatch(text(), new RegExp(secret))
    assert.doesNotMatch(text(), /72,117,110,116/)
    assert.match(text(), /\[redacted\]/)
  })
}

test('names that end in password or secret are hidden too', () => {
  const { logger, text } = capture()
  logger.info({ admin_password: secret, applicationCredentialSecret: secret, 'OS-Password': secret })
  assert.doesNotMatch(text(), new RegExp(secret))
})

test('the value after a header name in a list is hidden', () => {
  const { logger, text } = capture()
  logger.info({
    raw: ['Accept', '*/*', 'X-Auth-Token', secret, 'Host', 'h'],
    pairs: [['x-service-token', secret]],
  })
  assert.doesNotMatch(text(), new RegExp(secret))
  assert.match(text(), /"Host","h"/)
})

test('secrets in texts are hidden: messages, arguments, stacks, causes, URLs', () => {
  const { logger, text } = capture()
  logger.info(`got ${fernet}`)
  logger.info('token %s and %o', fernet, { password: secret })
  logger.info({ command: `curl -H "X-Auth-Token: ${secret}"` })
  logger.info({ command: `curl -H 'Authorization: Basic ${secret}'` })
  logger.info({ connection: `postgresql+psycopg2://nova:${secret}@db/nova` })
  logger.info({ body: `{"auth":{"password":"${secret}","adminPass": "${secret}"}}` })
  logger.info({ query: `?password=${secret}&x=1` })
  logger.error(new Error(`password=${secret}`, { cause: new Error(`X-Service-Token: ${secret}`) }))
  logger.error({ err: new AggregateError([new Error(fernet)], `secret: ${secret}`) })
  logger.error({ err: new Error(fernet) }, `again ${fernet}`)
  assert.doesNotMatch(text(), new RegExp(secret))
  assert.doesNotMatch(text(), /x9_-x9_-/)
})

test('an error is written with its codes and without the request it carries', () => {
  const { logger, fields, text } = capture()
  const error = Object.assign(
    new Error('refused', { cause: Object.assign(new Error('low'), { code: 'ECONNRESET' }) }),
    {
      code: 'unauthorized',
      status: 401,
      url: `http://h/v3?signature=${secret}`,
      request: { body: secret, headers: { accept: secret } },
      body: secret,
    },
  )
  logger.error(error)
  const err = fields()['err'] as Record<string, unknown>
  assert.deepEqual(
    [
      err['type'],
      err['message'],
      err['code'],
      err['status'],
      err['url'],
      (err['cause'] as { code: string }).code,
    ],
    ['Error', 'refused', 'unauthorized', 401, 'http://h/v3', 'ECONNRESET'],
  )
  assert.match(String(err['stack']), /logger\.test\.ts/)
  assert.equal(fields()['msg'], 'refused')
  assert.doesNotMatch(text(), new RegExp(secret))
})

test('what describes a token stays: audit ids, flags, methods', () => {
  const { logger, fields } = capture()
  const shown = {
    user_token: { audit_id: 'a1', expired: true },
    send_service_user_token: true,
    token: null,
    methods: ['token', 'password'],
    token_ttl: 5,
    path: '/v3/auth/tokens',
  }
  logger.info(shown)
  for (const [name, value] of Object.entries(shown)) assert.deepEqual(fields()[name], value, name)
})

test('what is logged is not changed', () => {
  const { logger } = capture()
  const fields = { password: secret, list: [{ token: fernet }] }
  logger.info(fields)
  assert.deepEqual(fields, { password: secret, list: [{ token: fernet }] })
})

test('circles and great depth end', () => {
  const { logger, text } = capture()
  const circle: Record<string, unknown> = { name: 'c' }
  circle['self'] = circle
  let deep: Record<string, unknown> = { password: secret }
  for (let i = 0; i < 40; i++) deep = { deep }
  logger.info({ circle, deep })
  assert.doesNotMatch(text(), new RegExp(secret))
})

test('an object with toJSON is hidden by what it becomes', () => {
  const { logger, text } = capture()
  logger.info({ it: { toJSON: () => ({ password: secret }) }, at: new Date(0) })
  assert.doesNotMatch(text(), new RegExp(secret))
  assert.match(text(), /"at":"1970-01-01T00:00:00.000Z"/)
})

test('a log file is appended to and opened again after logrotate moved it', async (t) => {
  const folder = mkdtempSync(join(tmpdir(), 'oslo-log-'))
  t.after(() => rmSync(folder, { recursive: true }))
  const file = join(folder, 'api.log')
  const before = createLogger({ service: 'x', file })
  before.info('one')
  await flushLog(before)
  const logger = createLogger({ service: 'x', file })
  assert.ok(logsToFile(logger))
  logger.info('two')
  await flushLog(logger)
  assert.equal(statSync(file).mode & 0o777, 0o640)
  renameSync(file, `${file}.1`)
  reopenLog(logger)
  logger.info('three')
  await flushLog(logger)
  assert.match(readFileSync(`${file}.1`, 'utf8'), /"one"[^]*"two"/)
  assert.match(readFileSync(file, 'utf8'), /^\{[^\n]*"three"\}\n$/)
})

test('a file that cannot be opened is an error at the start', () => {
  assert.throws(() => createLogger({ service: 'x', file: '/nonexistent/folder/x.log' }), { code: 'ENOENT' })
})
