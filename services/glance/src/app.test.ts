import assert from 'node:assert/strict'
import { describe, test, type TestContext } from 'node:test'
import { pathOf, routesOf } from '@longhaul/oslo/testing'
import { queuedImage, testGlance } from './testing/glance.ts'

describe('authentication', () => {
  test('every route of the API answers 401 without a token, with a challenge and a JSON body', async (t) => {
    const glance = await testGlance(t)
    const { app, keystone } = glance
    const routes = (await routesOf(glance.app)).filter(({ path }) => path.startsWith('/v2'))
    assert.ok(routes.length > 25)
    for (const route of routes) {
      const url = pathOf(route, { image_id: '5f1e36c2-0e4a-4f0b-9a53-2d6a1f0c1b11' })
      for (const headers of [{}, { 'x-auth-token': 'garbage' }]) {
        const answer = await app.inject({ method: route.method as 'GET', url, headers })
        assert.equal(answer.statusCode, 401, `${route.method} ${url}`)
        assert.equal(answer.headers['www-authenticate'], `Keystone uri="${keystone.url}"`)
        assert.equal(answer.json<{ code: string }>().code, '401 Unauthorized')
      }
    }
  })

  test('a path or a method that does not exist is 401 for strangers, too', async (t) => {
    const glance = await testGlance(t)
    for (const [method, url] of [
      ['GET', '/v2/nothing'],
      ['HEAD', '/v2/images'],
      ['PUT', '/v2/images'],
    ] as const) {
      assert.equal((await glance.app.inject({ method, url })).statusCode, 401)
    }
  })

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

describe('what the API refuses everywhere', () => {
  test('HEAD is no method of the API, with the methods that are', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    for (const [url, allow] of [
      ['/v2/images', 'GET, POST'],
      [`/v2/images/${id}`, 'DELETE, GET, PATCH'],
      [`/v2/images/${id}/file`, 'GET, PUT'],
    ] as const) {
      const answer = await glance.app.inject({ method: 'HEAD', url, headers })
      assert.deepEqual([answer.statusCode, answer.headers['allow']], [405, allow])
    }
  })

  test('a body where none is expected is 400, one of length 0 is none', async (t) => {
    const glance = await testGlance(t)
    const headers = { ...glance.as(), 'content-type': 'application/octet-stream' }
    const id = await queuedImage(glance, headers)
    const url = `/v2/images/${id}/tags/x`
    const put = async (extra: object) =>
      (await glance.app.inject({ method: 'PUT', url, headers, ...extra })).statusCode
    assert.equal(await put({ payload: '{}' }), 400)
    assert.equal(await put({}), 204)
    assert.equal(await put({ payload: '' }), 204)
  })

  test('JSON is read whatever its type says, as clients without one send it', async (t) => {
    const glance = await testGlance(t)
    for (const type of ['application/x-www-form-urlencoded', 'text/plain', 'application/octet-stream']) {
      const headers = { ...glance.as(), 'content-type': type }
      const payload = '{"name":"a"}'
      const answer = await glance.app.inject({ method: 'POST', url: '/v2/images', headers, payload })
      assert.equal(answer.statusCode, 201)
    }
  })
})

describe('the body of an error', () => {
  const accepts: [accept: string | undefined, isHtml: boolean][] = [
    [undefined, false],
    ['application/json', false],
    ['application/json, */*;q=0.5', false],
    ['application/octet-stream', false],
    ['*/*', true],
    ['text/html', true],
    ['text/html, application/json', true],
    ['text/html;q=0.5, application/json', false],
    ['text/html;q=0, */*', false],
  ]
  for (const [accept, isHtml] of accepts) {
    test(`is ${isHtml ? 'HTML' : 'JSON'} for Accept: ${accept}`, async (t) => {
      const glance = await testGlance(t)
      const headers = { ...glance.as(), ...(accept === undefined ? {} : { accept }) }
      const answer = await glance.app.inject({ url: '/v2/images/%3Cb%3E', headers })
      assert.equal(answer.statusCode, 404)
      if (isHtml) {
        assert.equal(answer.headers['content-type'], 'text/html; charset=UTF-8')
        assert.match(answer.body, /<h1>404 Not Found<\/h1>\n {2}No image found with ID &lt;b&gt;<br/)
      } else {
        assert.deepEqual(answer.json(), {
          message: 'No image found with ID <b>',
          code: '404 Not Found',
          title: 'Not Found',
        })
      }
      assert.equal(answer.headers['content-length'], String(Buffer.byteLength(answer.body)))
    })
  }
})

describe('GET /v2/schemas', () => {
  interface Schema {
    name: string
    properties: Record<string, Record<string, unknown>>
    links?: { rel: string }[]
  }
  const get = async (t: TestContext, name: string): Promise<Schema> => {
    const glance = await testGlance(t)
    return (await glance.app.inject({ url: `/v2/schemas/${name}`, headers: glance.as() })).json()
  }

  test('image describes what POST takes and what only the service sets', async (t) => {
    const { properties, links } = await get(t, 'image')
    assert.equal(properties['status']?.['readOnly'], true)
    assert.deepEqual(properties['visibility']?.['enum'], ['community', 'public', 'private', 'shared'])
    assert.deepEqual(properties['disk_format']?.['type'], ['null', 'string'])
    const [none] = (properties['disk_format']?.['enum'] ?? []) as unknown[]
    assert.equal(none, null)
    assert.equal(properties['os_distro']?.['is_base'], false)
    assert.deepEqual(
      links?.map(({ rel }) => rel),
      ['self', 'enclosure', 'describedby'],
    )
  })

  test('an image has no attribute that its schema does not name', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    const image = (await glance.app.inject({ url: `/v2/images/${id}`, headers })).json<object>()
    const { properties } = await get(t, 'image')
    assert.deepEqual(
      Object.keys(image).filter((name) => !(name in properties)),
      [],
    )
  })

  for (const [name, links] of [
    ['images', ['first', 'next', 'describedby']],
    ['members', ['describedby']],
    ['tasks', ['describedby']],
  ] as const) {
    test(`${name} is a list of what its singular describes`, async (t) => {
      const list = await get(t, name)
      assert.deepEqual(list.properties[name]?.['items'], await get(t, name.slice(0, -1)))
      assert.deepEqual(
        list.links?.map(({ rel }) => rel),
        links,
      )
    })
  }

  test('what an operator offers is in the schema, and nothing else is taken', async (t) => {
    const glance = await testGlance(t, { formats: { diskFormats: ['raw'], containerFormats: ['bare'] } })
    const headers = glance.as()
    const schema = (await glance.app.inject({ url: '/v2/schemas/image', headers })).json<Schema>()
    assert.deepEqual(schema.properties['disk_format']?.['enum'], [null, 'raw'])
    const post = async (payload: object) =>
      (await glance.app.inject({ method: 'POST', url: '/v2/images', headers, payload })).statusCode
    assert.equal(await post({ disk_format: 'raw', container_format: 'bare' }), 201)
    assert.equal(await post({ disk_format: 'qcow2' }), 400)
  })
})
