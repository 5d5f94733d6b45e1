import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { testKeystone, type Method, type TestKeystone } from './testing/keystone.ts'

describe('the option immutable', () => {
  let keystone: TestKeystone
  let token: string
  before(async () => {
    keystone = await testKeystone()
    token = await keystone.login('admin', { project: { name: 'admin', domain: { id: 'default' } } })
  })
  after(() => keystone.close())
  const call = (method: Method, path: string, body?: unknown) =>
    keystone.call(method, `/v3/${path}`, { token, body })

  for (const kind of ['role', 'project', 'domain']) {
    it(`protects a ${kind} until it is taken away`, async () => {
      const made = await call('POST', `${kind}s`, { [kind]: { name: 'fixed', options: { immutable: true } } })
      const { id } = made.json<Record<string, { id: string }>>()[kind]!
      const path = `${kind}s/${id}`
      for (const change of [{ name: 'other' }, { description: 'x', options: { immutable: false } }]) {
        const answer = await call('PATCH', path, { [kind]: change })
        assert.equal(answer.statusCode, 403, answer.body)
        assert.match(answer.body, new RegExp(`Unable to update immutable ${kind} resource`))
      }
      const refused = await call('DELETE', path)
      assert.equal(refused.statusCode, 403)
      if (kind === 'project') {
        assert.equal((await call('PUT', `${path}/tags/blue`)).statusCode, 403)
        assert.equal((await call('DELETE', `${path}/tags`)).statusCode, 403)
      }
      const lifted = await call('PATCH', path, { [kind]: { options: { immutable: null } } })
      assert.equal(lifted.statusCode, 200, lifted.body)
      assert.deepEqual(lifted.json<Record<string, { options: object }>>()[kind]!.options, {})
      const changed = await call('PATCH', path, { [kind]: { description: 'x', enabled: false } })
      assert.equal(changed.statusCode, 200, changed.body)
      assert.equal((await call('DELETE', path)).statusCode, 204)
    })
  }

  it('is what bootstrap gives its roles', async () => {
    const { roles } = (await call('GET', 'roles')).json<{
      roles: { name: string; options: { immutable?: boolean } }[]
    }>()
    const open = roles.filter(({ options }) => options.immutable !== true)
    assert.deepEqual(
      open.map(({ name }) => name),
      [],
    )
  })
})
