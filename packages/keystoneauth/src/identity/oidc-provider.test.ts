// Against a certified provider: https://www.npmjs.com/package/oidc-provider
import assert from 'node:assert/strict'
import { test } from 'node:test'
import { openIdProvider } from '../fixtures/oidc-provider.ts'
import { stage } from '../fixtures/stage.ts'
import { BadRequest, oidcClientCredentials, oidcPassword, Unauthorized } from '../index.ts'

const at = { identityProvider: 'idp', protocol: 'openid' }

test('An application and a user log in by a real provider, which knows the tokens that Keystone is shown', async (t) => {
  const { keystone, session } = await stage(t)
  const provider = await openIdProvider(t)
  const options = { authUrl: keystone.url, ...at, ...provider, projectId: 'p' }
  await oidcClientCredentials(options).getToken(session)
  await oidcPassword(options).getToken(session)
  const shown = keystone.calls.flatMap(({ headers }) => headers['authorization'] ?? [])
  assert.equal(shown.length, 2)
  const asking = { 'Content-Type': 'application/x-www-form-urlencoded', Authorization: basic(provider) }
  for (const header of shown) {
    const [kind, token = ''] = header.split(' ')
    const body = new URLSearchParams({ token }).toString()
    const answer = await session.post(`${provider.url}/token/introspection`, { headers: asking, body })
    const said = await answer.json<{ active: boolean; client_id: string; scope: string }>()
    assert.deepEqual(
      [kind, said.active, said.client_id, said.scope],
      ['Bearer', true, provider.clientId, 'openid profile'],
    )
  }
})

test('What a real provider refuses is told as it says it', async (t) => {
  const { keystone, session } = await stage(t)
  const provider = await openIdProvider(t)
  const options = { authUrl: keystone.url, ...at, ...provider }
  const wrongPassword = oidcPassword({ ...options, password: 'another' })
  await assert.rejects(wrongPassword.getToken(session), BadRequest)
  const wrongSecret = oidcClientCredentials({ ...options, clientSecret: 'another' })
  await assert.rejects(wrongSecret.getToken(session), (error) => {
    assert.ok(error instanceof Unauthorized)
    assert.equal(error.message, 'client authentication failed')
    return true
  })
  assert.equal(keystone.calls.length, 0)
})

/** RFC 6749, 2.3.1: both parts are encoded as in a form. */
function basic({ clientId, clientSecret }: { clientId: string; clientSecret: string }): string {
  const encoded = [clientId, clientSecret].map((text) => encodeURIComponent(text).replaceAll('%20', '+'))
  return `Basic ${Buffer.from(encoded.join(':')).toString('base64')}`
}
