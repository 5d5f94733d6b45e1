import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest } from 'node:http'
import { connect } from 'node:net'
import { text as readText } from 'node:stream/consumers'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { z } from 'zod'
import { createLogger } from '../log/index.ts'
import { createApi, forbidden, identityErrorFormat, listen, parseBody, requestIds } from './index.ts'
import { serviceUnavailable, unauthorized } from './index.ts'
import type { ApiApp, ApiError, ApiOptions } from './index.ts'

const uuid = '11111111-2222-4333-8444-555555555555'
const issued = '2026-01-01T00:00:00.000000Z'

function api(t: TestContext, options: Partial<ApiOptions> = {}) {
  const lines: Record<string, unknown>[] = []
  const logged = Promise.withResolvers<void>()
  const logger = createLogger({
    service: 'test',
    stream: {
      write: (line) => {
        const fields = JSON.parse(line) as Record<string, unknown>
        lines.push(fields)
        if (fields['msg'] === 'request') logged.resolve()
      },
    },
  })
  const app: ApiApp = createApi({
    service: 'test',
    version: '1.0',
    logger,
    errorFormat: identityErrorFormat,
    randomUUID: () => uuid,
    now: () => Date.parse('2026-01-01T00:00:10Z'),
    ...options,
  })
  t.after(() => app.close())
  app.post('/echo', async (request) => ({ body: request.body }))
  app.get('/servers/:id', async (request) => requestIds(request))
  app.delete('/servers/:id', async () => '')
  return { app, lines, logged: logged.promise }
}

const json = { 'content-type': 'application/json' }

test('every answer has a request id, and Vary if the service wants it', async (t) => {
  const { app } = api(t, {
    vary: 'X-Auth-Token',
    requestIdHeaders: ['x-openstack-request-id', 'x-compute-request-id'],
  })
  for (const url of ['/servers/1', '/nope', '/healthcheck']) {
    const { headers } = await app.inject(url)
    assert.equal(headers['x-openstack-request-id'], `req-${uuid}`, url)
    assert.equal(headers['x-compute-request-id'], `req-${uuid}`, url)
    assert.equal(headers['vary'], 'X-Auth-Token', url)
  }
})

test("the chain's request id is kept if it has the shape of one", async (t) => {
  const { app } = api(t)
  const id = 'req-aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee'
  const ask = async (value: string) =>
    (await app.inject({ url: '/servers/1', headers: { 'x-openstack-request-id': value } })).json<unknown>()
  assert.deepEqual(await ask(id), { requestId: `req-${uuid}`, globalRequestId: id })
  for (const bad of ['req-1', `${id}\tx`, id.slice(4), `${id}${id}`]) {
    assert.deepEqual(await ask(bad), { requestId: `req-${uuid}` })
  }
})

test('an unknown path is 404, a known one with another method 405 with Allow', async (t) => {
  const { app } = api(t)
  const missing = await app.inject('/server/1')
  assert.equal(missing.statusCode, 404)
  assert.deepEqual(missing.json(), {
    error: { code: 404, message: 'The resource could not be found.', title: 'Not Found' },
  })
  const wrong = await app.inject({ method: 'PUT', url: '/servers/a.b-c/?x=1' })
  assert.equal(wrong.statusCode, 405)
  assert.equal(wrong.headers['allow'], 'DELETE, GET, HEAD')
  assert.equal((await app.inject({ method: 'PUT', url: '/servers/1/2' })).statusCode, 404)
})

test('without routes of HEAD a route of GET refuses it, and the health check does not', async (t) => {
  const { app } = api(t, { headRoutes: false })
  const wrong = await app.inject({ method: 'HEAD', url: '/servers/1' })
  assert.equal(wrong.statusCode, 405)
  assert.equal(wrong.headers['allow'], 'DELETE, GET')
  assert.equal((await app.inject({ method: 'HEAD', url: '/healthcheck' })).statusCode, 200)
})

test('a slash at the end of a path makes no difference', async (t) => {
  const { app } = api(t)
  assert.equal((await app.inject('/servers/1/')).statusCode, 200)
})

test('a body is read as JSON, an empty one is none', async (t) => {
  const { app } = api(t)
  const ask = async (payload: string, type = 'application/json; charset=utf-8') =>
    (
      await app.inject({ method: 'POST', url: '/echo', headers: { 'content-type': type }, payload })
    ).json<unknown>()
  assert.deepEqual(await ask('{"a":[1]}'), { body: { a: [1] } })
  assert.deepEqual(await ask(''), {})
})

test('a body that cannot be read is 400 and never repeated in the answer or the log', async (t) => {
  const { app, lines } = api(t)
  for (const payload of ['{"password":"hunter2"', 'hunter2', '{"__proto__":{"hunter2":1}}', `"hunter2\\`]) {
    const answer = await app.inject({ method: 'POST', url: '/echo', headers: json, payload })
    assert.equal(answer.statusCode, 400)
    assert.doesNotMatch(answer.body, /hunter2/)
  }
  assert.doesNotMatch(JSON.stringify(lines), /hunter2/)
})

test('a body over the limit is 413 and one of another type 415, or what the service prefers', async (t) => {
  const { app } = api(t, { bodyLimit: 20 })
  const large = await app.inject({
    method: 'POST',
    url: '/echo',
    headers: json,
    payload: `"${'x'.repeat(30)}"`,
  })
  assert.equal(large.statusCode, 413)
  assert.equal(large.json<{ error: { title: string } }>().error.title, 'Request Entity Too Large')
  const text = {
    method: 'POST',
    url: '/echo',
    headers: { 'content-type': 'text/plain' },
    payload: 'x',
  } as const
  assert.equal((await app.inject(text)).statusCode, 415)
  const message = 'Expecting to find application/json in Content-Type header.'
  const { app: identity } = api(t, { wrongContentType: { status: 400, message } })
  const refused = await identity.inject(text)
  assert.equal(refused.statusCode, 400)
  assert.equal(refused.json<{ error: { message: string } }>().error.message, message)
})

test('the default limit of a body is 114688 bytes', async (t) => {
  const { app } = api(t)
  const ask = async (size: number) =>
    (await app.inject({ method: 'POST', url: '/echo', headers: json, payload: `"${'x'.repeat(size - 2)}"` }))
      .statusCode
  assert.deepEqual([await ask(114_688), await ask(114_689)], [200, 413])
})

test('an error of ours is answered with its status, headers and extra fields', async (t) => {
  const { app, lines } = api(t)
  app.get('/401', async () => {
    throw unauthorized('Who?', {
      headers: { 'www-authenticate': 'Keystone' },
      extra: { identity: { methods: ['x'] } },
    })
  })
  app.get('/403', async () => {
    throw forbidden('No.', { detail: 'lacks role admin' })
  })
  app.get('/503', async () => {
    throw serviceUnavailable('Later.', { retryAfter: 7 })
  })
  const first = await app.inject('/401')
  assert.equal(first.statusCode, 401)
  assert.equal(first.headers['www-authenticate'], 'Keystone')
  assert.deepEqual(first.json(), {
    error: { code: 401, identity: { methods: ['x'] }, message: 'Who?', title: 'Unauthorized' },
  })
  const second = await app.inject('/403')
  assert.doesNotMatch(second.body, /lacks role/)
  assert.ok(
    lines.some((line) => line['detail'] === 'lacks role admin' && line['request_id'] === `req-${uuid}`),
  )
  assert.equal((await app.inject('/503')).headers['retry-after'], '7')
})

test('any other error is a 500 that tells the client nothing and the log everything', async (t) => {
  const { app, lines } = api(t)
  const upstream = Object.assign(new Error('inner words'), {
    status: 404,
    statusCode: 404,
    code: 'not_found',
  })
  app.get('/boom', async () => {
    throw upstream
  })
  const answer = await app.inject('/boom')
  assert.equal(answer.statusCode, 500)
  assert.doesNotMatch(answer.body, /inner/)
  const line = lines.find((one) => one['level'] === 'error') as { err: Error; request_id: string }
  assert.equal(line.err.message, 'inner words')
  assert.equal(line.request_id, `req-${uuid}`)
})

test('a service may turn errors of a lower layer into answers', async (t) => {
  const lost = new Error('lost')
  const { app } = api(t, { mapError: (error) => (error === lost ? serviceUnavailable('Later.') : undefined) })
  app.get('/boom', async () => {
    throw lost
  })
  assert.equal((await app.inject('/boom')).statusCode, 503)
})

test('a URL that cannot be decoded is 400 in the form of the service, with a request id', async (t) => {
  const { app } = api(t)
  const answer = await app.inject('/servers/%zz')
  assert.equal(answer.statusCode, 400)
  assert.equal(answer.json<{ error: { code: number } }>().error.code, 400)
  assert.equal(answer.headers['x-openstack-request-id'], `req-${uuid}`)
})

test('bytes that are no HTTP are answered and the connection closed', async (t) => {
  const { app } = api(t)
  const url = new URL(await listen(app, { host: '127.0.0.1', port: 0 }))
  const socket = connect(Number(url.port), url.hostname)
  socket.end('nonsense\r\n\r\n')
  const text = await readText(socket)
  assert.match(text, /^HTTP\/1.1 400 Bad Request\r\n[^]*\{"error":\{"code":400/)
})

test('a schema names the place of what is wrong and not the value', () => {
  const schema = z.object({ server: z.object({ networks: z.array(z.object({ uuid: z.uuid() })) }) })
  const good = { server: { networks: [{ uuid }] } }
  assert.deepEqual(parseBody(schema, good), good)
  assert.throws(
    () => parseBody(schema, { server: { networks: [{ uuid: 'hunter2' }] } }),
    (error: ApiError) =>
      error.status === 400 &&
      error.code === 'invalid_body' &&
      error.message.startsWith("Invalid input for field 'server/networks/0/uuid': ") &&
      !error.message.includes('hunter2'),
  )
  assert.throws(() => parseBody(schema, undefined), /Invalid input for the request body/)
})

test('the access log tells who asked by audit ids, never by tokens', async (t) => {
  const { app, lines } = api(t)
  const token = (name: string, audit: string, expires: string) => ({
    user: { id: `id-${name}`, name },
    project: { id: 'p1' },
    roles: [{ name: 'service' }],
    audit_ids: [audit, 'parent'],
    issued_at: issued,
    expires_at: expires,
  })
  app.addHook('onRequest', (request, _reply, done) => {
    Object.assign(request, {
      keystone: {
        userToken: 'gAAAAA-raw',
        user: token('demo', 'ua', '2026-01-01T00:00:05Z'),
        service: token('nova', 'sa', '2026-01-01T01:00:00Z'),
      },
    })
    done()
  })
  await app.inject({
    url: '/servers/1?marker=m&token=hunter2',
    headers: { 'x-auth-token': 'hunter2', 'x-service-token': 'hunter2', 'user-agent': 'curl' },
  })
  const { duration_ms: duration, ...line } = lines.find((one) => one['msg'] === 'request') ?? {}
  assert.equal(typeof duration, 'number')
  assert.deepEqual(line, {
    ...line,
    method: 'GET',
    path: '/servers/1?marker=m&token=[redacted]',
    status: 200,
    request_id: `req-${uuid}`,
    user_agent: 'curl',
    remote: '127.0.0.1',
    user_token: {
      audit_id: 'ua',
      user: 'demo',
      project: 'p1',
      issued_at: issued,
      expires_at: '2026-01-01T00:00:05Z',
      expired: true,
    },
    service_token: { audit_id: 'sa', user: 'nova', roles: ['service'] },
  })
  assert.doesNotMatch(JSON.stringify(lines), /hunter2|gAAAAA/)
})

test('a client that goes away before its answer is logged as 499', async (t) => {
  const { app, lines, logged } = api(t)
  const reached = Promise.withResolvers<void>()
  app.get('/never', async () => {
    reached.resolve()
    await new Promise(() => {})
  })
  const url = await listen(app, { host: '127.0.0.1', port: 0 })
  const client = httpRequest(`${url}/never`)
  const broken = once(client, 'error')
  client.end()
  await reached.promise
  client.destroy(new Error('gone'))
  await broken
  await logged
  assert.equal(lines.find((one) => one['msg'] === 'request')?.['status'], 499)
})

test('metrics count by route pattern and never by path', async (t) => {
  const { app } = api(t)
  await app.inject('/servers/secret-id')
  await app.inject('/nowhere/secret-id')
  const { body, headers } = await app.inject('/metrics')
  assert.match(String(headers['content-type']), /^text\/plain/)
  assert.match(
    body,
    /http_requests_total\{method="GET",route="\/servers\/:id",status="200",service="test"\} 1/,
  )
  assert.match(body, /http_requests_total\{method="GET",route="unmatched",status="404",service="test"\} 1/)
  assert.match(
    body,
    /http_request_duration_seconds_count\{service="test",method="GET",route="\/servers\/:id"\} 1/,
  )
  assert.doesNotMatch(body, /secret-id/)
})

test('healthcheck and metrics stay out of the access log', async (t) => {
  const { app, lines } = api(t)
  const health = await app.inject('/healthcheck')
  assert.deepEqual([health.statusCode, health.body], [200, 'OK'])
  await app.inject('/metrics')
  assert.deepEqual(lines, [])
})

test('without metrics there is no such path', async (t) => {
  const { app } = api(t, { metrics: false })
  assert.equal((await app.inject('/metrics')).statusCode, 404)
})

test('links name the public endpoint, the proxy if it is believed, or the host of the request', async (t) => {
  const proxied = {
    host: 'inner:8774',
    'x-forwarded-proto': 'https',
    'x-forwarded-host': 'cloud.example.org',
  }
  const ask = async (options: Partial<ApiOptions>) => {
    const { app } = api(t, options)
    app.get('/base', async (request) => app.api.baseUrl(request))
    return (await app.inject({ url: '/base', headers: proxied })).body
  }
  assert.equal(await ask({}), 'http://inner:8774')
  assert.equal(await ask({ enableProxyHeadersParsing: true }), 'https://cloud.example.org')
  assert.equal(
    await ask({ publicEndpoint: 'https://id.example.org/identity/' }),
    'https://id.example.org/identity',
  )
})
