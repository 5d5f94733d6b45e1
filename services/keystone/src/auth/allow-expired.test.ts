import assert from 'node:assert/strict'
import { after, before, beforeEach, describe, it } from 'node:test'
import { byToken, onProject, testKeystone, type TestKeystone } from '../testing/keystone.ts'

const expiration = 3600
const window = 172_800

describe('an expired token', () => {
  let keystone: TestKeystone
  let subject: string
  before(async () => {
    keystone = await testKeystone()
  })
  after(() => keystone.close())
  beforeEach(async () => {
    keystone.clock.now = Math.ceil(keystone.clock.now / 1000) * 1000
    subject = await keystone.login('admin', onProject('admin'))
  })

  /** Who asks has a token of its own that is fresh. */
  const statusAfter = async (seconds: number, query = '', method: 'GET' | 'HEAD' = 'GET') => {
    keystone.pass(seconds)
    const token = await keystone.login('admin', onProject('admin'))
    return (await keystone.call(method, `/v3/auth/tokens${query}`, { token, subject })).statusCode
  }

  for (const [seconds, plain, allowed] of [
    [expiration - 1, 200, 200],
    [expiration, 404, 200],
    [expiration + window - 1, 404, 200],
    [expiration + window, 404, 404],
  ] as const) {
    it(`is ${plain} after ${seconds} s, and ${allowed} with allow_expired`, async () => {
      assert.equal(await statusAfter(seconds), plain)
      assert.equal(await statusAfter(0, '?allow_expired=1'), allowed)
      assert.equal(await statusAfter(0, '?allow_expired=1', 'HEAD'), allowed)
    })
  }

  it('holds with allow_expired in every spelling of true, and in no other', async () => {
    keystone.pass(expiration)
    for (const word of ['1', 't', 'T', 'true', 'True', 'TRUE', 'on', 'y', 'yes', 'YES', '%20true%20'])
      assert.equal(await statusAfter(0, `?allow_expired=${word}`), 200, word)
    for (const word of ['', '0', '2', 'false', 'no', 'off', 'junk', 'truely', '1&allow_expired=0'])
      assert.equal(await statusAfter(0, `?allow_expired=${word}`), 404, word)
    assert.equal(await statusAfter(0, '?allow_expired'), 404)
  })

  it('is worth nothing to its holder, whatever is allowed', async () => {
    keystone.pass(expiration)
    const own = await keystone.call('GET', '/v3/auth/tokens?allow_expired=1', { token: subject, subject })
    assert.equal(own.statusCode, 401)
    const service = { 'x-service-token': await keystone.login('admin', onProject('admin')) }
    const served = await keystone.call('GET', '/v3/auth/projects?allow_expired=1', {
      token: subject,
      headers: service,
    })
    assert.equal(served.statusCode, 401)
    const rescoped = await keystone.call('POST', '/v3/auth/tokens?allow_expired=1', {
      body: { auth: { identity: byToken(subject) } },
    })
    assert.equal(rescoped.statusCode, 404)
  })

  it('cannot be revoked any more', async () => {
    keystone.pass(expiration)
    const token = await keystone.login('admin', onProject('admin'))
    const answer = await keystone.call('DELETE', '/v3/auth/tokens?allow_expired=1', { token, subject })
    assert.equal(answer.statusCode, 404)
  })

  it('says that it expired', async () => {
    keystone.pass(expiration + 10)
    const token = await keystone.login('admin', onProject('admin'))
    const answer = await keystone.call('GET', '/v3/auth/tokens?allow_expired=1', { token, subject })
    const { expires_at } = answer.json<{ token: { expires_at: string } }>().token
    assert.equal(Date.parse(expires_at), keystone.clock.now - 10_000)
  })
})
