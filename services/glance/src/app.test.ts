import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { queuedImage, testGlance } from './testing/glance.ts'

const someId = '5f1e36c2-0e4a-4f0b-9a53-2d6a1f0c1b11'

const guarded: [method: 'GET' | 'POST' | 'PATCH' | 'PUT' | 'DELETE', url: string][] = [
  ['GET', '/v2/images'],
  ['POST', '/v2/images'],
  ['GET', `/v2/images/${someId}`],
  ['PATCH', `/v2/images/${someId}`],
  ['DELETE', `/v2/images/${someId}`],
  ['PUT', `/v2/images/${someId}/file`],
  ['GET', `/v2/images/${someId}/file`],
  ['POST', `/v2/images/${someId}/actions/deactivate`],
  ['POST', `/v2/images/${someId}/actions/reactivate`],
  ['PUT', `/v2/images/${someId}/tags/a`],
  ['DELETE', `/v2/images/${someId}/tags/a`],
  ['GET', '/v2/schemas/image'],
  ['GET', '/v2/schemas/images'],
]

describe('authentication', () => {
  for (const [method, url] of guarded) {
    test(`${method} ${url.replace(someId, '{id}')} answers 401 without a token, with a challenge and a JSON body`, async (t) => {
      const { app, keystone } = await testGlance(t)
      const answer = await app.inject({ method, url })
      assert.equal(answer.statusCode, 401)
      assert.equal(answer.headers['www-authenticate'], `Keystone uri="${keystone.url}"`)
      assert.equal(answer.json<{ code: string }>().code, '401 Unauthorized')
    })
  }

  test('an identity header of the client is no identity', async (t) => {
    const { app } = await testGlance(t)
    const headers = { 'x-identity-status': 'Confirmed', 'x-roles': 'admin' }
    assert.equal((await app.inject({ url: '/v2/images', headers })).statusCode, 401)
  })

  test('an expired user token is refused alone and accepted with a service token', async (t) => {
    const glance = await testGlance(t)
    const user = glance.as({ lifetime: 10 })
    const service = glance.as({ userName: 'nova', projectName: 'service', roleNames: ['service'] })
    glance.clock.now += 20_000
    const alone = await glance.app.inject({ url: '/v2/images', headers: user })
    assert.equal(alone.statusCode, 401)
    const both = { ...user, 'x-service-token': service['x-auth-token'] ?? '' }
    assert.equal((await glance.app.inject({ url: '/v2/images', headers: both })).statusCode, 200)
  })

  test('a Keystone that cannot be asked makes 503, and no token still 401', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    glance.keystone.failure = { kind: 'status', status: 500 }
    const answer = await glance.app.inject({ url: '/v2/images', headers })
    assert.equal(answer.statusCode, 503)
    assert.equal(answer.headers['retry-after'], '1')
    assert.equal((await glance.app.inject({ url: '/v2/images' })).statusCode, 401)
  })

  test('a bad service token beside a good user token is not looked at', async (t) => {
    const glance = await testGlance(t)
    const headers = { ...glance.as(), 'x-service-token': 'garbage' }
    assert.equal((await glance.app.inject({ url: '/v2/images', headers })).statusCode, 200)
  })

  test('data that nova uploads with both tokens lands in the image of the user, and the log names both', async (t) => {
    const glance = await testGlance(t)
    const { token, data } = glance.keystone.issue({ roleNames: ['member', 'reader'], lifetime: 10 })
    const service = glance.keystone.issue({
      userName: 'nova',
      projectName: 'service',
      roleNames: ['service'],
    })
    glance.clock.now += 20_000
    const headers = { 'x-auth-token': token, 'x-service-token': service.token }
    const id = await queuedImage(glance, headers)
    const url = `${await glance.listen()}/v2/images/${id}/file`
    const octets = { 'content-type': 'application/octet-stream' }
    const put = await fetch(url, { method: 'PUT', headers: { ...headers, ...octets }, body: 'data' })
    assert.equal(put.status, 204)
    const answer = await glance.app.inject({ url: `/v2/images/${id}`, headers })
    assert.equal(answer.json<{ owner: string }>().owner, 'id-project-demo')
    const line = await glance.logged(({ method }) => method === 'PUT')
    assert.deepEqual(line['user_token'], {
      audit_id: data.audit_ids[0],
      user: 'demo',
      project: 'id-project-demo',
      issued_at: data.issued_at,
      expires_at: data.expires_at,
      expired: true,
    })
    assert.deepEqual(line['service_token'], {
      audit_id: service.data.audit_ids[0],
      user: 'nova',
      roles: ['service'],
    })
  })
})

describe('open paths', () => {
  test('the version documents tell where the API is: / with 300, /versions with 200', async (t) => {
    const { app } = await testGlance(t)
    for (const [url, status] of [
      ['/', 300],
      ['/versions', 200],
    ] as const) {
      const answer = await app.inject({ url, headers: { host: 'images.example' } })
      assert.equal(answer.statusCode, status)
      const { versions } = answer.json<{ versions: { id: string; status: string; links: unknown }[] }>()
      assert.deepEqual(versions[0], {
        id: 'v2.15',
        status: 'CURRENT',
        links: [{ rel: 'self', href: 'http://images.example/v2/' }],
      })
      assert.deepEqual(new Set(versions.slice(1).map((version) => version.status)), new Set(['SUPPORTED']))
    }
  })

  test('the health check answers without a token', async (t) => {
    const { app } = await testGlance(t)
    assert.equal((await app.inject({ url: '/healthcheck' })).statusCode, 200)
  })
})

test('the schema of an image describes what POST takes and what only the service sets', async (t) => {
  const glance = await testGlance(t)
  const answer = await glance.app.inject({ url: '/v2/schemas/image', headers: glance.as() })
  const { properties } = answer.json<{
    properties: Record<string, { readOnly?: boolean; enum?: string[] }>
  }>()
  assert.equal(properties['status']?.readOnly, true)
  assert.deepEqual(properties['visibility']?.enum, ['community', 'public', 'private', 'shared'])
})
