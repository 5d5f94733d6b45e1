import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { tokenData } from '@longhaul/keystoneauth/testing'
import { createAuthToken } from './auth-token.ts'
import { fetchAuthToken } from './fetch.ts'

/** A request whose headers refuse every change, as those of some servers do. */
function immutable(headers: Record<string, string>, body: string): Request {
  const request = new Request('http://service/x', { method: 'POST', headers, body })
  const refuse = () => {
    throw new TypeError('immutable')
  }
  Object.assign(request.headers, { set: refuse, delete: refuse })
  return request
}

const authToken = createAuthToken({
  fetchToken: async () => tokenData(),
  wwwAuthenticateUri: 'http://keystone',
})

describe('the fetch adapter', () => {
  it('gives the handler a copy where the request cannot be changed, body and further arguments included', async () => {
    const guarded = fetchAuthToken(
      authToken,
      async (request, more: string) => {
        const { keystone, headers } = request
        const seen = [await request.text(), headers.get('x-roles'), keystone.user?.user.name, more]
        return Response.json(seen)
      },
      { setHeaders: true },
    )
    const answer = await guarded(immutable({ 'X-Auth-Token': 't', 'X-Roles': 'admin' }, 'sent'), 'more')
    assert.deepEqual(await answer.json(), ['sent', 'member', 'demo', 'more'])
  })

  it('writes names of every script as their bytes', async () => {
    const strangers = createAuthToken({
      fetchToken: async () => tokenData({ userName: '日本' }),
      wwwAuthenticateUri: 'http://keystone',
    })
    const options = { setHeaders: true }
    const guarded = fetchAuthToken(
      strangers,
      ({ headers }) => new Response(headers.get('x-user-name')),
      options,
    )
    const request = new Request('http://service/x', { headers: { 'X-Auth-Token': 't' } })
    const name = await (await guarded(request)).text()
    assert.equal(Buffer.from(name, 'latin1').toString(), '日本')
  })

  it('adds the challenge to an answer that cannot be changed', async () => {
    const guarded = fetchAuthToken(authToken, () => Object.freeze(new Response('no', { status: 401 })))
    const answer = await guarded(new Request('http://service/x', { headers: { 'X-Auth-Token': 't' } }))
    assert.deepEqual(
      [answer.status, answer.headers.get('www-authenticate'), await answer.text()],
      [401, 'Keystone uri="http://keystone"', 'no'],
    )
  })
})
