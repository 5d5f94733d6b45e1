import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stage } from '../fixtures/stage.ts'
import { Unauthorized, type RequestOutcome } from '../index.ts'

test('With renewal in the background nobody waits for it while the token lasts', async (t) => {
  const { keystone, session, login, clock } = await stage(t)
  const auth = login({ renewInBackground: true })
  const held = await auth.getToken(session)
  keystone.loginFailure = { kind: 'hang', times: 1 }
  clock.pass(3500)
  const tokens = await Promise.all(Array.from({ length: 20 }, () => auth.getToken(session)))
  assert.deepEqual(new Set(tokens), new Set([held]))
})

test('The renewed token is used as soon as it is there', async (t) => {
  const { keystone, session, login, clock } = await stage(t)
  const auth = login({ renewInBackground: true })
  const held = await auth.getToken(session)
  clock.pass(3500)
  assert.equal(await auth.getToken(session), held)
  // At its end the token is waited for, and by then there is one renewal to wait for.
  clock.pass(101)
  assert.notEqual(await auth.getToken(session), held)
  assert.equal(keystone.logins, 2)
})

test('A refusal in the background is told when the token has ended, and not asked for each time', async (t) => {
  const refused = Promise.withResolvers<void>()
  const hooks = { onOutcome: ({ status }: RequestOutcome) => status === 401 && refused.resolve() }
  const { keystone, session, login, clock } = await stage(t, { session: { hooks } })
  const auth = login({ renewInBackground: true })
  const held = await auth.getToken(session)
  keystone.loginFailure = { kind: 'status', status: 401 }
  clock.pass(3500)
  assert.equal(await auth.getToken(session), held)
  await refused.promise
  await new Promise(setImmediate)
  assert.equal(await auth.getToken(session), held)
  assert.equal(keystone.logins, 2)
  clock.pass(101)
  await assert.rejects(auth.getToken(session), Unauthorized)
})
