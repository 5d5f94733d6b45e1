import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { Readable } from 'node:stream'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { stage } from './fixtures/stage.ts'
import {
  Conflict,
  contextAuth,
  EndpointNotFound,
  HttpError,
  MissingAuthPlugin,
  NotFound,
  OptionError,
  RedirectRefused,
  Unauthorized,
} from './index.ts'

const user = contextAuth({ token: 'user-token', userId: 'u1', projectId: 'p1' })

test('A header is sent once, whatever the case of its name, and credentials win', async (t) => {
  const { session, service } = await stage(t)
  const target = await service(() => 200)
  await session.post(target.url, {
    auth: user,
    json: [],
    headers: { accept: 'text/plain', 'x-auth-token': 'forged', 'content-type': 'application/x' },
  })
  const [seen] = target.seen
  assert.equal(seen?.headers['accept'], 'text/plain')
  assert.equal(seen?.headers['content-type'], 'application/x')
  assert.equal(seen?.headers['x-auth-token'], 'user-token')
  assert.equal(seen?.rawHeaders.filter((name) => /^x-auth-token$/i.test(name)).length, 1)
})

test('The application, this package and Node name themselves', async (t) => {
  const { session, service } = await stage(t, { session: { userAgent: 'nova-compute' } })
  const target = await service(() => 200)
  await session.get(target.url)
  await session.get(target.url, { userAgent: 'nova-api' })
  const { version } = JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as {
    version: string
  }
  const own = `longhaul-keystoneauth/${version} node/${process.versions.node}`
  assert.deepEqual(
    target.seen.map(({ headers }) => headers['user-agent']),
    [`nova-compute ${own}`, `nova-api ${own}`],
  )
})

test('The id of the whole operation goes along, and the microversion under all its names', async (t) => {
  const { session, service } = await stage(t)
  const target = await service(() => 200)
  await session.get('/servers', {
    auth: user,
    endpointOverride: target.url,
    endpointFilter: { serviceType: 'compute' },
    globalRequestId: 'req-1',
    microversion: '2.79',
  })
  const headers = target.seen[0]?.headers
  assert.equal(headers?.['x-openstack-request-id'], 'req-1')
  assert.equal(headers?.['openstack-api-version'], 'compute 2.79')
  assert.equal(headers?.['x-openstack-nova-api-version'], '2.79')
})

test('endpoint_override is filled in and joined with one slash', async (t) => {
  const { session, service } = await stage(t)
  const target = await service(() => 200)
  const at = { auth: user, query: { limit: 2, marker: undefined } }
  await session.get('/volumes', { ...at, endpointOverride: `${target.url}/v3/%(project_id)s/` })
  await session.get('volumes', { ...at, endpointOverride: `${target.url}/$(tenant_id)s/%(user_id)s` })
  assert.deepEqual(
    target.seen.map(({ path }) => path),
    ['/v3/p1/volumes?limit=2', '/p1/u1/volumes?limit=2'],
  )
  const unknown = { endpointOverride: `${target.url}/%(project_id)s`, auth: contextAuth({ token: 't' }) }
  await assert.rejects(session.get('/x', unknown), OptionError)
  await assert.rejects(session.get('/x'), EndpointNotFound)
})

test('An authenticated request without a plugin is refused; one that says so carries no token', async (t) => {
  const { session, service } = await stage(t)
  const target = await service(() => 200)
  await assert.rejects(session.get(target.url, { authenticated: true }), MissingAuthPlugin)
  await session.get(target.url, { auth: user, authenticated: false })
  assert.equal(target.seen[0]?.headers['x-auth-token'], undefined)
})

test('After a 401 the request is sent exactly once more, and the second answer is final', async (t) => {
  const { keystone, session, login, service } = await stage(t)
  const target = await service(() => 401)
  await assert.rejects(session.get(target.url, { auth: login() }), Unauthorized)
  assert.equal(target.seen.length, 2)
  assert.equal(keystone.logins, 2)
})

test('After a 401 nothing is repeated with allowReauth false, nor with a token that cannot be renewed', async (t) => {
  const { keystone, session, login, service } = await stage(t)
  const target = await service(() => 401)
  await assert.rejects(session.get(target.url, { auth: login(), allowReauth: false }), Unauthorized)
  await assert.rejects(session.get(target.url, { auth: user }), Unauthorized)
  assert.equal(target.seen.length, 2)
  assert.equal(keystone.logins, 1)
})

test('Credentials that come out the same after a 401 are not sent again', async (t) => {
  const { session, service } = await stage(t)
  const target = await service(() => 401)
  await assert.rejects(session.get(target.url, { auth: { ...user, invalidate: () => true } }), Unauthorized)
  assert.equal(target.seen.length, 1)
})

test('When the new login fails, that is the error', async (t) => {
  const { keystone, session, login, service } = await stage(t)
  const target = await service(() => 401)
  const auth = login()
  await auth.getToken(session)
  keystone.loginFailure = { kind: 'status', status: 403 }
  await assert.rejects(
    session.get(target.url, { auth }),
    (error) => error instanceof HttpError && error.status === 403 && error.url.endsWith('/auth/tokens'),
  )
})

test('A body that can be opened again is sent whole after a 401', async (t) => {
  const { session, login, service } = await stage(t)
  const target = await service((_request, count) => (count === 1 ? 401 : 204))
  const body = { open: () => Readable.from([Buffer.from('who'), Buffer.from('le')]), length: 5 }
  await session.put(target.url, { auth: login(), body })
  assert.deepEqual(
    target.seen.map((request) => request.body),
    ['whole', 'whole'],
  )
})

test('A plain stream is not sent twice, but the refused token is dropped', async (t) => {
  const { keystone, session, login, service } = await stage(t)
  const target = await service((_request, count) => (count === 1 ? 401 : 200))
  const auth = login()
  await assert.rejects(session.put(target.url, { auth, body: Readable.from(['once']) }), Unauthorized)
  assert.equal(target.seen.length, 1)
  await session.get(target.url, { auth })
  assert.equal(keystone.logins, 2)
})

for (const status of [301, 302, 303, 305, 307, 308]) {
  test(`A token does not follow a ${status} to another origin`, async (t) => {
    const { session, service } = await stage(t)
    const other = await service(() => 200)
    const target = await service(() => ({ status, headers: { Location: `${other.url}/x` } }))
    await assert.rejects(
      session.get(target.url, { auth: user }),
      (error) => error instanceof RedirectRefused && error.message.includes(other.url),
    )
    assert.equal(other.seen.length, 0)
  })
}

test('A redirect within the origin is followed with method, body and tokens', async (t) => {
  const { session, service } = await stage(t)
  const target = await service(({ path }) =>
    path === '/a' ? { status: 302, headers: { Location: '/b' } } : 200,
  )
  await session.post(`${target.url}/a`, { auth: user, json: { x: 1 } })
  const second = target.seen[1]
  assert.deepEqual([second?.method, second?.path, second?.body], ['POST', '/b', '{"x":1}'])
  assert.equal(second?.headers['x-auth-token'], 'user-token')
})

test('Redirects end: by number, by choice, and for a body that is gone', async (t) => {
  const { session, service } = await stage(t)
  const target = await service(() => ({ status: 302, headers: { Location: '/again' } }))
  assert.equal((await session.get(target.url)).status, 302)
  assert.equal(target.seen.length, 31)
  assert.equal((await session.get(target.url, { redirects: 0 })).status, 302)
  assert.equal(target.seen.length, 32)
  await assert.rejects(session.put(target.url, { body: Readable.from(['x']) }), RedirectRefused)
})

test('An error tells what was asked, what was answered, and under which id', async (t) => {
  const { session, service } = await stage(t)
  const target = await service(() => ({
    status: 409,
    headers: { 'Content-Type': 'application/json', 'X-Openstack-Request-Id': 'req-7', 'Retry-After': '9' },
    body: '{"conflictingRequest":{"code":409,"message":"in task_state uploading"}}',
  }))
  await assert.rejects(session.post(`${target.url}/servers?secret=1`), (error) => {
    assert.ok(error instanceof Conflict)
    assert.equal(error.code, 'http_409')
    assert.equal(error.message, 'in task_state uploading')
    assert.deepEqual(
      [error.method, error.url, error.requestId, error.retryAfter],
      ['POST', `${target.url}/servers`, 'req-7', 9],
    )
    assert.match(error.body, /^\{"conflictingRequest"/)
    return true
  })
  assert.equal((await session.get(target.url, { raiseExc: false })).status, 409)
})

test('Neither an error nor a log line holds a token, though the other side repeats it', async (t) => {
  const lines: unknown[] = []
  const logger = { debug: (...line: unknown[]) => void lines.push(line) }
  const { session, service } = await stage(t, { session: { logger } })
  const target = await service(({ headers }) => ({
    status: 404,
    headers: { 'X-Subject-Token': 'new-secret', 'Set-Cookie': 'id=cookie-secret' },
    body: `no ${String(headers['x-auth-token'])}`,
  }))
  const auth = contextAuth({ token: 'user-token' })
  await assert.rejects(session.get(`${target.url}?t=user-token`, { auth }), (error) => {
    assert.ok(error instanceof NotFound)
    assert.equal(error.message, 'no ***')
    const text = `${inspect(error, { depth: 9, showHidden: true })} ${JSON.stringify(error)} ${error.body}`
    assert.doesNotMatch(text, /user-token|new-secret|cookie-secret/)
    return true
  })
  assert.equal(lines.length, 2)
  assert.doesNotMatch(inspect(lines, { depth: 9 }), /user-token|new-secret|cookie-secret/)
  assert.match(inspect(lines, { depth: 9 }), /\{SHA256\}[0-9a-f]{64}/)
})

test('An abort ends the waiting for a login that others wait for too', async (t) => {
  const { keystone, session, login, service } = await stage(t)
  keystone.loginFailure = { kind: 'hang' }
  const target = await service(() => 200)
  const reason = new Error('given up')
  const aborting = new AbortController()
  const request = session.get(target.url, { auth: login(), signal: aborting.signal })
  aborting.abort(reason)
  await assert.rejects(request, reason)
  assert.equal(target.seen.length, 0)
})
