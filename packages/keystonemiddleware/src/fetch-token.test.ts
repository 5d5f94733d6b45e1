import assert from 'node:assert/strict'
import { createServer, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import { AccessInfo, password, Session, type AuthPlugin } from '@longhaul/keystoneauth'
import {
  fakeKeystone,
  tokenData,
  type FakeKeystone,
  type TokenDataSettings,
} from '@longhaul/keystoneauth/testing'
import { createAuthToken } from './auth-token.ts'
import type { ValidationUnavailable } from './errors.ts'
import { keystoneFetchToken, validationUrl, type KeystoneFetchTokenOptions } from './fetch-token.ts'

const credentials = (authUrl: string) =>
  password({ authUrl, username: 'glance', userDomainId: 'default', password: 'secret' })

/** A Keystone that answers validations from a list of statuses; an own token is good for as many as it was given. */
async function scripted(statuses: number[]) {
  const asked: string[] = []
  const send = (response: ServerResponse, status: number, body: unknown, token?: string) =>
    response.writeHead(status, token ? { 'X-Subject-Token': token } : {}).end(JSON.stringify(body))
  const server = createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`)
    const { port } = server.address() as AddressInfo
    const endpoint = { interface: 'internal', region: 'R', url: `http://127.0.0.1:${port}/` }
    const catalog = [{ type: 'identity', endpoints: [endpoint] }]
    if (request.method === 'POST')
      return send(response, 201, { token: tokenData({ catalog }) }, `own-${asked.length}`)
    return send(response, statuses.shift() ?? 500, { token: tokenData({ userName: 'demo' }) })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const session = new Session({ auth: credentials(`http://127.0.0.1:${port}/v3`) })
  return {
    asked,
    fetchToken: keystoneFetchToken({ session }),
    [Symbol.asyncDispose]: async () => {
      await session.close()
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    },
  }
}

/** A fake Keystone and a session for it, whose waits between tries are counted instead of waited for. */
async function stage(options: Partial<KeystoneFetchTokenOptions> = {}) {
  const keystone = await fakeKeystone()
  const waits: number[] = []
  const session = new Session({
    auth: credentials(keystone.url),
    sleep: async (milliseconds) => void waits.push(milliseconds),
  })
  return {
    keystone,
    waits,
    fetchToken: keystoneFetchToken({ session, timeout: 0.05, connectRetries: 0, ...options }),
    async [Symbol.asyncDispose]() {
      await keystone.close()
      await session.close()
    },
  }
}

const get = '/v3/auth/tokens'

describe('after a 401 on the own token', () => {
  it('the session logs in again and asks the same', async () => {
    await using keystone = await scripted([401, 200])
    const data = await keystone.fetchToken('t', { allowExpired: true })
    assert.equal(data.user.name, 'demo')
    assert.deepEqual(keystone.asked.slice(1), [
      `GET ${get}?allow_expired=1`,
      `POST ${get}`,
      `GET ${get}?allow_expired=1`,
    ])
  })

  it('the last try keeps allow_expired (D2)', async () => {
    await using keystone = await scripted([401, 401, 200])
    await keystone.fetchToken('t', { allowExpired: true })
    const validations = keystone.asked.filter((call) => call.startsWith('GET'))
    assert.deepEqual(
      validations,
      Array.from({ length: 3 }, () => `GET ${get}?allow_expired=1`),
    )
  })

  it('it ends', async () => {
    await using keystone = await scripted([401, 401, 401, 401, 401, 401])
    await assert.rejects(keystone.fetchToken('t', { allowExpired: false }), {
      reason: 'own_credentials_refused',
    })
    assert.equal(keystone.asked.length, 7, 'one login, then twice GET, POST, GET')
  })
})

describe('answers of Keystone', () => {
  const outcomes: {
    status: number
    headers?: Record<string, string>
    error: object | ((error: ValidationUnavailable) => boolean)
  }[] = [
    { status: 404, error: { code: 'invalid_token' } },
    { status: 400, error: { reason: 'keystone_failed', outage: false } },
    { status: 403, error: { reason: 'own_credentials_forbidden', outage: false } },
    { status: 500, error: { reason: 'keystone_failed', outage: false } },
    {
      status: 503,
      headers: { 'Retry-After': '7' },
      error: { reason: 'keystone_failed', retryAfter: 7, outage: true },
    },
    {
      status: 503,
      headers: { 'Retry-After': new Date(Date.now() + 3600_000).toUTCString() },
      error: (error: ValidationUnavailable) => error.retryAfter! > 3000 && error.retryAfter! <= 3600,
    },
    { status: 302, headers: { Location: 'http://127.0.0.1:9/x' }, error: { reason: 'keystone_failed' } },
    { status: 302, headers: { Location: get }, error: { reason: 'keystone_failed' } },
  ]
  for (const { status, headers, error } of outcomes) {
    it(`${status} ${headers ? JSON.stringify(headers) : ''}`, async () => {
      await using lab = await stage()
      lab.keystone.failure = { kind: 'status', status, ...(headers ? { headers } : {}) }
      await assert.rejects(lab.fetchToken('t', { allowExpired: false }), error)
      assert.equal(lab.keystone.validations().length, 1)
    })
  }

  it('a broken body is no answer (D1)', async () => {
    await using lab = await stage()
    lab.keystone.failure = { kind: 'broken-json' }
    await assert.rejects(lab.fetchToken('t', { allowExpired: false }), { reason: 'keystone_answer_invalid' })
  })

  it('a hanging Keystone is a 503 after the timeout, or passed on when the decision is delayed (D1)', async () => {
    await using lab = await stage()
    lab.keystone.failure = { kind: 'hang' }
    const request = { method: 'GET', path: '/', headers: { 'x-auth-token': 't' } }
    const wwwAuthenticateUri = 'http://keystone'
    const authToken = createAuthToken({ fetchToken: lab.fetchToken, wwwAuthenticateUri })
    const delayed = createAuthToken({
      fetchToken: lab.fetchToken,
      wwwAuthenticateUri,
      delayAuthDecision: true,
    })
    const [rejected, passedOn] = await Promise.all([
      authToken.authenticate(request),
      delayed.authenticate(request),
    ])
    assert.ok(rejected.kind === 'rejected' && rejected.status === 503)
    assert.equal(rejected.reason, 'keystone_unreachable')
    assert.equal(rejected.headers['Retry-After'], '2')
    assert.ok(passedOn.kind === 'accepted' && passedOn.keystone.identityStatus === 'Invalid')
  })

  it('a failed connection is tried again, a probe is not', async () => {
    await using lab = await stage({ connectRetries: 3 })
    const { token } = lab.keystone.issue()
    await lab.fetchToken(token, { allowExpired: false })
    await lab.keystone.close()
    await assert.rejects(lab.fetchToken('t', { allowExpired: false, probe: true }), {
      reason: 'keystone_unreachable',
      outage: true,
    })
    assert.deepEqual(lab.waits, [])
    await assert.rejects(lab.fetchToken('t', { allowExpired: false }), { reason: 'keystone_unreachable' })
    assert.deepEqual(lab.waits, [500, 1000, 2000])
  })

  it("this service's own login is refused", async () => {
    await using lab = await stage()
    lab.keystone.loginFailure = { kind: 'status', status: 401 }
    await assert.rejects(lab.fetchToken('t', { allowExpired: false }), { reason: 'own_credentials_refused' })
  })

  it("this service's own login leaves Keystone alone: reason and Retry-After stay those of its failure", async () => {
    await using lab = await stage()
    lab.keystone.loginFailure = { kind: 'status', status: 503, headers: { 'Retry-After': '20' } }
    for (const logins of [1, 2, 3, 3]) {
      await assert.rejects(lab.fetchToken('t', { allowExpired: false }), {
        code: 'validation_unavailable',
        reason: 'keystone_failed',
        retryAfter: 20,
      })
      assert.equal(lab.keystone.logins, logins)
    }
  })
})

describe('an own catalog without Keystone', () => {
  it('is asked for anew, five seconds after the login at the earliest', async (t) => {
    let time = Date.parse('2026-03-01T12:00:00Z')
    const now = () => new Date(time)
    const login: TokenDataSettings = { catalog: [] }
    const keystone = await fakeKeystone({ now, login })
    t.after(() => keystone.close())
    const session = new Session({ auth: credentials(keystone.url), now })
    t.after(() => session.close())
    const { token } = keystone.issue({ issuedAt: now() })
    const fetchToken = keystoneFetchToken({ session })
    const ask = () => fetchToken(token, { allowExpired: false })
    const missing = { reason: 'identity_endpoint_not_found' }
    await assert.rejects(ask(), missing)
    await assert.rejects(ask(), missing)
    assert.equal(keystone.logins, 1)
    time += 5000
    await assert.rejects(ask(), missing)
    assert.equal(keystone.logins, 2)
    delete login.catalog
    time += 5000
    await assert.rejects(ask(), missing, 'twice as long the second time')
    time += 5000
    await Promise.all(Array.from({ length: 20 }, ask))
    assert.equal(keystone.logins, 3)
  })

  it('costs one login more when nobody knows how old the last one is, and one when the clock was set back', async (t) => {
    let time = Date.parse('2026-03-01T12:00:00Z')
    const now = () => new Date(time)
    const keystone = await fakeKeystone({ now, login: { catalog: [] } })
    t.after(() => keystone.close())
    const session = new Session({ now })
    t.after(() => session.close())
    const ofUnknownAge = (auth: AuthPlugin): AuthPlugin => ({
      ...auth,
      getAccess: async (by) => {
        const { token, data } = (await auth.getAccess!(by))!
        return new AccessInfo(token, data)
      },
    })
    for (const [auth, logins] of [
      [credentials(keystone.url), 2],
      [ofUnknownAge(credentials(keystone.url)), 3],
    ] as const) {
      const before = keystone.logins
      const fetchToken = keystoneFetchToken({ session, auth })
      for (let count = 0; count < 10; count++) {
        await assert.rejects(fetchToken('t', { allowExpired: false }), {
          reason: 'identity_endpoint_not_found',
        })
        if (count === 5) time -= 3600_000
      }
      assert.equal(keystone.logins - before, logins)
    }
  })
})

describe('the question', () => {
  const queryOf = (keystone: FakeKeystone) => keystone.validations()[0]?.path

  it('goes to the interface and region of the own catalog', async () => {
    await using lab = await stage({ regionName: 'RegionTwo' })
    await assert.rejects(lab.fetchToken('t', { allowExpired: false }), {
      reason: 'identity_endpoint_not_found',
    })
  })

  it('says what is wanted', async () => {
    await using plain = await stage()
    await plain.fetchToken(plain.keystone.issue().token, { allowExpired: false })
    assert.equal(queryOf(plain.keystone), get)
    await using bare = await stage({ includeServiceCatalog: false })
    const data = await bare.fetchToken(bare.keystone.issue().token, { allowExpired: true })
    assert.equal(queryOf(bare.keystone), `${get}?nocatalog&allow_expired=1`)
    assert.equal(data.catalog, undefined)
  })

  it('reaches Identity v3 from any spelling of the endpoint', () => {
    for (const spelling of ['http://k:5000', 'http://k:5000/', 'http://k:5000/v3/', 'http://k:5000/v2.0']) {
      assert.equal(validationUrl(spelling), 'http://k:5000/v3/auth/tokens')
    }
    assert.equal(validationUrl('http://k/identity/v3'), 'http://k/identity/v3/auth/tokens')
  })
})
