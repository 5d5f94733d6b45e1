import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stage } from '../fixtures/stage.ts'
import type { RequestOptions, Session } from '../index.ts'

const tokens = '/v3/auth/tokens'
const asked = (caller: string, subject: string): RequestOptions => ({
  headers: { 'X-Auth-Token': caller, 'X-Subject-Token': subject },
  raiseExc: false,
})

test('A token is known until it expires, for its window with allow_expired, and no longer when revoked', async (t) => {
  const { keystone, session, clock } = await stage(t, { keystone: { allowExpiredWindow: 100 } })
  const caller = keystone.issue({ lifetime: 10_000 }).token
  const { token } = keystone.issue({ lifetime: 10 })
  const status = async (query = '', method = 'GET') =>
    (await session.request(`${keystone.rootUrl}${tokens}${query}`, { ...asked(caller, token), method }))
      .status
  assert.equal(await status(), 200)
  clock.pass(10)
  assert.equal(await status(), 404)
  assert.equal(await status('?allow_expired=1'), 200)
  assert.equal(await status('?allow_expired=1', 'HEAD'), 200)
  clock.pass(99)
  assert.equal(await status('?allow_expired=1'), 200)
  clock.pass(1)
  assert.equal(await status('?allow_expired=1'), 404)
  const other = keystone.issue({ lifetime: 10 }).token
  const revoking = await session.delete(`${keystone.rootUrl}${tokens}`, asked(caller, other))
  assert.equal(revoking.status, 204)
  assert.equal((await session.get(`${keystone.rootUrl}${tokens}`, asked(caller, other))).status, 404)
  assert.equal((await session.get(`${keystone.rootUrl}${tokens}`, asked('nobody', other))).status, 401)
  assert.equal(keystone.validations(other).length, 2)
})

test('A failure lasts as long as it is told to', async (t) => {
  const { keystone, session } = await stage(t)
  const { token } = keystone.issue()
  const ask = (own: Session = session) => own.get(`${keystone.rootUrl}${tokens}`, asked(token, token))
  keystone.failure = { kind: 'status', status: 503, headers: { 'Retry-After': '3' }, times: 2 }
  assert.equal((await ask()).headers['retry-after'], '3')
  assert.equal((await ask()).status, 503)
  assert.equal((await ask()).status, 200)
  keystone.failure = { kind: 'broken-json', times: 1 }
  await assert.rejects((await ask()).json(), { code: 'invalid_response' })
  keystone.failure = { kind: 'down', times: 2 }
  await assert.rejects(ask(), { code: 'connect_failure' })
  keystone.failure = { kind: 'hang' }
  await assert.rejects(
    session.get(`${keystone.rootUrl}${tokens}`, { ...asked(token, token), signal: AbortSignal.timeout(5) }),
    { name: 'TimeoutError' },
  )
})
