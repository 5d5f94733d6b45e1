import assert from 'node:assert/strict'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { stage } from '../fixtures/stage.ts'
import {
  AuthorizationFailure,
  MissingAuthMethods,
  multifactor,
  passwordMethod,
  totpMethod,
} from '../index.ts'

const both = {
  keystone: {
    requiredMethods: [
      ['password', 'totp'],
      ['password', 'token', 'totp'],
    ],
  },
}
const byPassword = passwordMethod({ userId: 'u1', password: 'very-secret' })
const byCode = totpMethod({ userId: 'u1', passcode: '123456' })

test('Several methods go in one login', async (t) => {
  const { keystone, session } = await stage(t, both)
  const auth = multifactor({ authUrl: keystone.url, methods: [byPassword, byCode], projectId: 'p' })
  assert.ok(await auth.getToken(session))
  assert.deepEqual(keystone.calls[0]?.body, {
    auth: {
      identity: {
        methods: ['password', 'totp'],
        password: { user: { id: 'u1', password: 'very-secret' } },
        totp: { user: { id: 'u1', passcode: '123456' } },
      },
      scope: { project: { id: 'p' } },
    },
  })
})

test('What is missing is told, with a receipt that no log shows', async (t) => {
  const { keystone, session } = await stage(t, both)
  const auth = multifactor({ authUrl: keystone.url, methods: [byPassword] })
  await assert.rejects(auth.getToken(session), (error) => {
    assert.ok(error instanceof MissingAuthMethods)
    assert.equal(error.code, 'missing_auth_methods')
    assert.deepEqual([error.methods, error.missing], [['password'], ['totp']])
    assert.deepEqual(error.requiredAuthMethods, both.keystone.requiredMethods)
    assert.equal(error.expiresAt.getTime(), Date.parse('2026-01-01T00:05:00Z'))
    const shown = `${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)}`
    assert.doesNotMatch(shown, new RegExp(error.receipt))
    return true
  })
})

test('A login is continued with the receipt, also in another plugin', async (t) => {
  const { keystone, session } = await stage(t, both)
  const authUrl = keystone.url
  const first = multifactor({ authUrl, methods: [byPassword] })
  const missing = await first.getToken(session).then(
    () => assert.fail('one method was enough'),
    (error: MissingAuthMethods) => error,
  )
  const second = multifactor({ authUrl, methods: [byCode], receipt: missing.receipt })
  assert.ok(await second.getToken(session))
  assert.equal(keystone.calls[1]?.headers['openstack-auth-receipt'], missing.receipt)
  assert.match(JSON.stringify(keystone.calls[1]?.body), /"identity":\{"methods":\["totp"\],"totp":/)
})

test('Who can be asked for more is asked for what is missing', async (t) => {
  const { keystone, session } = await stage(t, both)
  const asked: string[][] = []
  const auth = multifactor({
    authUrl: keystone.url,
    methods: [byPassword],
    more: async ({ missing }) => {
      asked.push(missing)
      return [byCode]
    },
  })
  assert.ok(await auth.getToken(session))
  assert.deepEqual(asked, [['totp']])
  assert.equal(keystone.logins, 2)
})

test('Who is never content is given up, and so is a login with nothing more to show', async (t) => {
  const { keystone, session } = await stage(t, both)
  const authUrl = keystone.url
  const endless = multifactor({ authUrl, methods: [byPassword], more: async () => [byPassword] })
  await assert.rejects(endless.getToken(session), MissingAuthMethods)
  assert.equal(keystone.logins, 8)
  const empty = multifactor({ authUrl, methods: [byPassword], more: async () => [] })
  await assert.rejects(empty.getToken(session), MissingAuthMethods)
  assert.equal(keystone.logins, 9)
})

test('No method, or one that is named twice, is refused before anything is sent', () => {
  const authUrl = 'http://k/v3'
  assert.throws(() => multifactor({ authUrl, methods: [] }), AuthorizationFailure)
  assert.throws(() => multifactor({ authUrl, methods: [byCode, byCode] }), AuthorizationFailure)
})
