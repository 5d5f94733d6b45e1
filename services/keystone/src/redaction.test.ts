import assert from 'node:assert/strict'
import { it } from 'node:test'
import { byToken, onProject, passwordOf, testKeystone } from './testing/keystone.ts'

it('no token and no password stands in the log or in an answer', async () => {
  await using keystone = await testKeystone()
  const { call, login, database, log } = keystone
  const token = await login('admin', onProject('admin'))
  const secrets = [token, passwordOf('admin'), 'wrong-password', 'new-password', 'brief-password']
  const answers = [
    await call('GET', `/v3/auth/tokens?token=${token}`, { token, subject: token }),
    await call('GET', `/v3/nowhere/${token}`, { token }),
    await call('GET', '/v3/users', { token: `${token}x` }),
    await call('GET', '/v3/auth/tokens', { token, subject: `${token.slice(0, -3)}AAA` }),
    await call('POST', '/v3/auth/tokens', { body: { auth: { identity: byToken(`${token}y`) } } }),
    await call('POST', '/v3/auth/tokens', {
      body: {
        auth: {
          identity: {
            methods: ['password'],
            password: { user: { name: 'admin', domain: { id: 'default' }, password: 'wrong-password' } },
          },
        },
      },
    }),
    await call('POST', '/v3/auth/tokens', {
      body: `{"auth": {"password": "wrong-password", "token": "${token}" `,
    }),
    await call('POST', '/v3/users', {
      token,
      body: { user: { name: 'u', password: 'new-password', enabled: 'x' } },
    }),
    await call('POST', '/v3/users', { token, body: { user: { name: 'u', password: 'new-password' } } }),
    await call('PATCH', '/v3/users/nobody', { token, body: { user: { password: 'new-password' } } }),
    await call('POST', '/v3/users/nobody/password', {
      body: { user: { original_password: 'wrong-password', password: 'new-password' } },
    }),
    await call('POST', '/v3/users/nobody/password', { body: { user: { password: 'brief-password' } } }),
    await call('DELETE', '/v3/auth/tokens', { token, subject: token }),
  ]
  await database.close()
  answers.push(await call('GET', '/v3/auth/tokens', { token, subject: token }))
  assert.ok(answers.at(-1)!.statusCode >= 500)

  const written = [...log.map((line) => JSON.stringify(line)), ...answers.map((answer) => answer.body)]
  assert.ok(log.length >= answers.length)
  for (const secret of secrets) {
    for (const text of written) assert.ok(!text.includes(secret), text)
  }
  // A good part of a token would be as bad.
  for (const text of written) assert.doesNotMatch(text, /gAAAAA[\w-]{20}/)
})
