import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { passwordOf, testKeystone } from '../testing/keystone.ts'
import { methodsSuffice } from './method-rules.ts'

const known = ['password', 'token', 'totp']
const suffice = (options: object, ...methods: string[]) =>
  methodsSuffice(JSON.stringify(options), methods, known)

describe('rules of authentication methods', () => {
  it('are met by one of them', () => {
    const options = { multi_factor_auth_rules: [['password', 'totp'], ['token']] }
    assert.equal(suffice(options, 'password'), false)
    assert.equal(suffice(options, 'password', 'totp'), true)
    assert.equal(suffice(options, 'token', 'password'), true)
  })

  it('ask nothing if there are none or they are switched off', () => {
    const rules = [['password', 'totp']]
    assert.equal(suffice({}, 'password'), true)
    assert.equal(suffice({ multi_factor_auth_rules: [] }, 'password'), true)
    assert.equal(suffice({ multi_factor_auth_enabled: true }, 'password'), true)
    assert.equal(
      suffice({ multi_factor_auth_enabled: false, multi_factor_auth_rules: rules }, 'password'),
      true,
    )
    assert.equal(
      suffice({ multi_factor_auth_enabled: true, multi_factor_auth_rules: rules }, 'password'),
      false,
    )
  })

  it('do not count methods that the service does not know', () => {
    assert.equal(suffice({ multi_factor_auth_rules: [['password', 'fingerprint']] }, 'password'), true)
  })

  it('refuse a login with the answer of every refused login', async () => {
    await using keystone = await testKeystone({ conf: '[auth]\nmethods = password,token,totp\n' })
    const token = await keystone.login('admin', { project: { name: 'admin', domain: { id: 'default' } } })
    const made = await keystone.call('POST', '/v3/users', {
      token,
      body: {
        user: {
          name: 'careful',
          password: passwordOf('careful'),
          options: { multi_factor_auth_rules: [['password', 'totp']] },
        },
      },
    })
    assert.equal(made.statusCode, 201)
    const { id } = made.json<{ user: { id: string } }>().user
    await assert.rejects(keystone.login('careful'), /401.*The request you have made requires authentication/)
    const off = { user: { options: { multi_factor_auth_enabled: false } } }
    await keystone.call('PATCH', `/v3/users/${id}`, { token, body: off })
    assert.match(await keystone.login('careful'), /^gAAAA/)
  })
})
