import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { byToken, onProject, onSystem, testKeystone, type TestKeystone } from '../testing/keystone.ts'

interface Token {
  methods: string[]
  audit_ids: string[]
  expires_at: string
  issued_at: string
  project?: { name: string }
}

describe('a token from a token', () => {
  let keystone: TestKeystone
  before(async () => {
    keystone = await testKeystone()
  })
  after(() => keystone.close())

  const rescoped = async (from: string, scope?: object | 'unscoped', on = keystone) => {
    const answer = await on.call('POST', '/v3/auth/tokens', {
      body: { auth: { identity: byToken(from), ...(scope === undefined ? {} : { scope }) } },
    })
    return {
      status: answer.statusCode,
      text: String(answer.headers['x-subject-token']),
      token: answer.json<{ token: Token }>().token,
    }
  }
  const shown = async (text: string) => {
    const answer = await keystone.call('GET', '/v3/auth/tokens', { token: text, subject: text })
    return answer.json<{ token: Token }>().token
  }

  it('inherits the expiry, in every generation', async () => {
    const first = await keystone.login('admin', 'unscoped')
    const { expires_at, issued_at } = await shown(first)
    keystone.pass(1000)
    const second = await rescoped(first, onProject('admin'))
    keystone.pass(1000)
    const third = await rescoped(second.text, 'unscoped')
    assert.deepEqual([second.token.expires_at, third.token.expires_at], [expires_at, expires_at])
    assert.equal(Date.parse(third.token.issued_at) - Date.parse(issued_at), 2_000_000)
    keystone.pass(1600)
    assert.equal((await rescoped(third.text)).status, 404)
  })

  it('names itself and the first of its line, and all methods', async () => {
    const first = await keystone.login('admin', 'unscoped')
    const [root] = (await shown(first)).audit_ids
    const second = await rescoped(first, onProject('admin'))
    const third = await rescoped(second.text, onProject('admin'))
    for (const { audit_ids, methods } of [second.token, third.token]) {
      assert.equal(audit_ids.length, 2)
      assert.equal(audit_ids[1], root)
      assert.match(audit_ids[0]!, /^[\w-]{22}$/)
      assert.deepEqual(methods, ['token', 'password'])
    }
    assert.notEqual(second.token.audit_ids[0], third.token.audit_ids[0])
    assert.deepEqual((await shown(third.text)).audit_ids, third.token.audit_ids)
  })

  it('outlives neither a shorter nor a longer server', async () => {
    await using short = await testKeystone({ beside: keystone, conf: '[token]\nexpiration = 4\n' })
    const long = await keystone.login('admin', 'unscoped')
    assert.equal((await rescoped(long, 'unscoped', short)).token.expires_at, (await shown(long)).expires_at)
    const brief = await short.login('admin', 'unscoped')
    assert.equal((await rescoped(brief, 'unscoped')).token.expires_at, (await shown(brief)).expires_at)
  })

  it('of the system cannot become one of a project or a domain', async () => {
    const system = await keystone.login('admin', onSystem)
    assert.equal((await rescoped(system, onProject('admin'))).status, 403)
    assert.equal((await rescoped(system, { domain: { id: 'default' } })).status, 403)
    assert.equal((await rescoped(system, onSystem)).status, 201)
  })

  it('with a scope cannot be had with allow_rescope_scoped_token = false', async () => {
    const conf = '[token]\nallow_rescope_scoped_token = false\n'
    await using strict = await testKeystone({ beside: keystone, conf })
    const scoped = await keystone.login('admin', onProject('admin'))
    assert.equal((await rescoped(scoped, onProject('admin'), strict)).status, 403)
    const unscoped = await keystone.login('admin', 'unscoped')
    assert.equal((await rescoped(unscoped, onProject('admin'), strict)).status, 201)
  })

  it('needs a role where it goes', async () => {
    const from = await keystone.login('admin', 'unscoped')
    assert.equal((await rescoped(from, { domain: { id: 'default' } })).status, 401)
    assert.equal((await rescoped(from, onProject('nowhere'))).status, 401)
  })
})
