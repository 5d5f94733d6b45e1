import assert from 'node:assert/strict'
import { it } from 'node:test'
import { passwordOf, testKeystone } from '../testing/keystone.ts'

it('a password that an administrator resets meanwhile is not changed by whoever knew the old one', async () => {
  await using keystone = await testKeystone()
  const token = await keystone.login('admin', { project: { name: 'admin', domain: { id: 'default' } } })
  const { user } = (
    await keystone.call('POST', '/v3/users', {
      token,
      body: { user: { name: 'robbed', password: passwordOf('robbed') } },
    })
  ).json<{ user: { id: string } }>()
  // While the queue is long, the change waits for its second turn until after the reset.
  const change = { original_password: passwordOf('robbed'), password: 'of-the-thief' }
  const wrong = Array.from({ length: 60 }, () => keystone.loginWith('robbed', 'wrong').catch(() => undefined))
  const [changed, reset] = await Promise.all([
    keystone.call('POST', `/v3/users/${user.id}/password`, { body: { user: change } }),
    keystone.call('PATCH', `/v3/users/${user.id}`, { token, body: { user: { password: 'reset' } } }),
  ])
  await Promise.all(wrong)
  assert.equal(reset.statusCode, 200)
  // Whichever comes first: the change was before the reset, or it is refused.
  assert.ok([204, 401].includes(changed.statusCode))
  assert.ok(await keystone.loginWith('robbed', 'reset'))
  await assert.rejects(keystone.loginWith('robbed', 'of-the-thief'), /401/)
})
