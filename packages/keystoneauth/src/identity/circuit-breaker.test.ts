import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stage } from '../fixtures/stage.ts'
import {
  ConnectFailure,
  isRetriable,
  KeystoneUnavailable,
  ServiceUnavailable,
  Unauthorized,
} from '../index.ts'

const down = { kind: 'status', status: 503 } as const

test('After three failures in a row Keystone is left alone for a second, and callers are told at once', async (t) => {
  const { keystone, session, login, clock } = await stage(t)
  keystone.loginFailure = down
  const auth = login()
  for (let count = 1; count <= 3; count++) await assert.rejects(auth.getToken(session), ServiceUnavailable)
  const refusals = await Promise.allSettled(Array.from({ length: 100 }, () => auth.getToken(session)))
  for (const refusal of refusals) {
    assert.ok(refusal.status === 'rejected')
    const error: unknown = refusal.reason
    assert.ok(error instanceof KeystoneUnavailable && error instanceof ConnectFailure)
    assert.deepEqual([error.code, error.retryAfter], ['keystone_unavailable', 1])
    assert.ok(error.cause instanceof ServiceUnavailable)
    assert.ok(isRetriable(error))
  }
  assert.equal(keystone.logins, 3)
  clock.pass(1)
  const probes = await Promise.allSettled(Array.from({ length: 100 }, () => auth.getToken(session)))
  assert.ok(probes.every(({ status }) => status === 'rejected'))
  assert.equal(keystone.logins, 4, 'one probe for all')
  await assert.rejects(auth.getToken(session), KeystoneUnavailable)
  keystone.loginFailure = undefined
  clock.pass(1)
  assert.ok(await auth.getToken(session), 'back within two seconds')
  assert.equal(keystone.logins, 5)
})

test('A token in hand goes on while Keystone is left alone', async (t) => {
  const { keystone, session, login, clock } = await stage(t)
  const auth = login({ circuitBreaker: { failures: 1, seconds: 600 } })
  const held = await auth.getToken(session)
  keystone.loginFailure = down
  clock.pass(3500)
  assert.equal(await auth.getToken(session), held)
  clock.pass(10)
  assert.equal(await auth.getToken(session), held)
  assert.equal(keystone.logins, 2)
})

test('A longer Retry-After is kept to, but not for ever', async (t) => {
  const { keystone, session, login, clock } = await stage(t)
  const auth = login({ circuitBreaker: { failures: 1 } })
  for (const [asked, kept] of [
    ['20', 20],
    ['3600', 30],
  ] as const) {
    keystone.loginFailure = { ...down, headers: { 'Retry-After': asked } }
    await assert.rejects(auth.getToken(session), ServiceUnavailable)
    clock.pass(kept - 1)
    await assert.rejects(
      auth.getToken(session),
      (error) => error instanceof KeystoneUnavailable && error.retryAfter === 1,
    )
    clock.pass(1)
  }
})

test('A clock that is set back does not keep Keystone left alone', async (t) => {
  const { keystone, session, login, clock } = await stage(t)
  const auth = login({ circuitBreaker: { failures: 1 } })
  keystone.loginFailure = down
  await assert.rejects(auth.getToken(session), ServiceUnavailable)
  await assert.rejects(auth.getToken(session), KeystoneUnavailable)
  keystone.loginFailure = undefined
  clock.pass(-3600)
  assert.ok(await auth.getToken(session))
})

test('Refusals are answers and open nothing; without a breaker every caller may ask', async (t) => {
  const { keystone, session, login } = await stage(t)
  keystone.loginFailure = { kind: 'status', status: 401 }
  const auth = login()
  for (let count = 0; count < 5; count++) await assert.rejects(auth.getToken(session), Unauthorized)
  keystone.loginFailure = down
  const open = login({ circuitBreaker: false })
  for (let count = 0; count < 5; count++) await assert.rejects(open.getToken(session), ServiceUnavailable)
  assert.equal(keystone.logins, 10)
})
