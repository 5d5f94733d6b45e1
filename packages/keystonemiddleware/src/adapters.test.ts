import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { createAuthToken, type AuthToken, type AuthTokenOptions } from './auth-token.ts'
import { InvalidToken, ValidationUnavailable } from './errors.ts'
import { adapters, type AdapterUnderTest, type ContractOptions } from './fixtures/adapters.ts'
import { ask } from './fixtures/ask.ts'
import { startLab, type Lab } from './fixtures/lab.ts'
import { recordedCase } from './fixtures/recorded.ts'

const challenge = 'Keystone uri="http://127.0.0.1:5000"'
const persons = ['demo', 'nova', 'plainsvc'] as const

interface Saw {
  saw: Record<string, unknown>
  set: Record<string, string>
  reason?: string
}

/** auth_token whose Keystone knows no token. */
function strangers(options: Partial<AuthTokenOptions> = {}): AuthToken {
  return createAuthToken({
    fetchToken: () => Promise.reject(new InvalidToken()),
    wwwAuthenticateUri: 'http://127.0.0.1:5000',
    ...options,
  })
}

/** Starts an application, works with it and ends it. */
async function using(
  { start }: AdapterUnderTest,
  authToken: AuthToken,
  options: ContractOptions,
  work: (url: string) => Promise<void>,
): Promise<void> {
  const running = await start(authToken, options)
  try {
    await work(running.url)
  } finally {
    await running.close()
  }
}

for (const adapter of adapters) {
  describe(`the contract of adapters: ${adapter.name}`, () => {
    let lab: Lab
    before(async () => {
      lab = await startLab()
    })
    after(() => lab[Symbol.asyncDispose]())

    it('removes forged headers in every spelling, from every place', async () => {
      const authToken = strangers({ delayAuthDecision: true })
      const forged = [
        'X-ROLES',
        'x_roles',
        'x-Service-User_Id',
        'OpenStack-System-Scope',
        'X-Identity-Status',
      ]
      const sent = ['X-Trust-Id', 'kept', ...forged.flatMap((name) => [name, 'forged'])]
      await using(adapter, authToken, {}, async (url) => {
        const { body } = await ask(url, sent)
        assert.ok(!body.includes('forged'), body)
        const { saw } = JSON.parse(body) as Saw
        assert.equal(saw['x-trust-id'], 'kept')
        if (saw['raw']) assert.ok((saw['raw'] as string[]).includes('X-Trust-Id'))
      })
    })

    it('hangs who calls on the request, and leaves the request alone', async () => {
      await using(adapter, lab.authToken(), {}, async (url) => {
        const { saw, set, reason } = JSON.parse(
          (await ask(url, { 'X-Auth-Token': lab.issue('demo'), 'X-Service-Token': lab.issue('nova') })).body,
        ) as Saw
        assert.equal(saw['x-user-id'], undefined)
        assert.equal(saw['x-identity-status'], undefined)
        assert.equal(set['X-User-Id'], 'id-user-demo')
        assert.equal(set['X-Service-User-Name'], 'nova')
        assert.equal(reason, undefined)
      })
    })

    it('writes the headers when asked to, warm and cold', async () => {
      await using(adapter, lab.authToken(), { setHeaders: true }, async (url) => {
        const headers = { 'X-Auth-Token': lab.issue('demo') }
        for (let turn = 0; turn < 2; turn++) {
          const { saw, set } = JSON.parse((await ask(url, headers)).body) as Saw
          for (const [name, value] of Object.entries(set)) assert.equal(saw[name.toLowerCase()], value)
          assert.equal(saw['x-identity-status'], 'Confirmed')
        }
      })
    })

    it('answers a refused request as the original does', async () => {
      const { body: expected } = recordedCase('garbage, first')
      await using(adapter, strangers(), {}, async (url) => {
        for (const method of ['GET', 'POST', 'OPTIONS']) {
          const { statusCode, headers, body } = await ask(url, { 'X-Auth-Token': 'garbage' }, method)
          assert.deepEqual(
            [statusCode, headers['www-authenticate'], headers['content-type'], JSON.parse(body)],
            [401, challenge, 'application/json', expected],
          )
          assert.equal(Number(headers['content-length'] ?? body.length), body.length)
        }
        const { statusCode, body } = await ask(url, {}, 'HEAD')
        assert.deepEqual([statusCode, body], [401, ''])
      })
    })

    it('answers a Keystone that is down with 503', async () => {
      const authToken = strangers({
        fetchToken: () =>
          Promise.reject(new ValidationUnavailable('keystone_unreachable', { retryAfter: 7 })),
      })
      await using(adapter, authToken, {}, async (url) => {
        const { statusCode, headers, body } = await ask(url, { 'X-Auth-Token': 'some' })
        assert.deepEqual(
          [statusCode, headers['retry-after'], headers['www-authenticate'], headers['content-type']],
          [503, '7', undefined, 'text/plain; charset=UTF-8'],
        )
        assert.equal(body, recordedCase('Keystone down: no delay').body)
      })
    })

    it('passes refused requests on when the decision is delayed', async () => {
      await using(adapter, strangers({ delayAuthDecision: true }), { setHeaders: true }, async (url) => {
        const { statusCode, body } = await ask(url, {
          'X-Auth-Token': 'garbage',
          'X-Service-Token': 'garbage',
        })
        const { saw, reason } = JSON.parse(body) as Saw
        assert.deepEqual(
          [statusCode, saw['x-identity-status'], saw['x-service-identity-status'], reason],
          [200, 'Invalid', 'Invalid', 'user_token_unknown_or_revoked'],
        )
      })
    })

    it('exempts requests, which stay unauthenticated and stripped', async () => {
      let asked = 0
      const authToken = strangers({
        fetchToken: () => {
          asked += 1
          return Promise.reject(new InvalidToken())
        },
      })
      const exempt = (path: string) => path === '/healthcheck'
      await using(adapter, authToken, { exempt }, async (url) => {
        const sent = { 'X-Auth-Token': 'some', 'X-Roles': 'admin' }
        const { body } = await ask(`${url}/healthcheck`, sent)
        const { saw, set, reason } = JSON.parse(body) as Saw
        assert.deepEqual([saw['x-roles'], set], [undefined, { 'X-Identity-Status': 'Invalid' }])
        assert.deepEqual([reason, asked], ['request_exempt', 0])
        assert.equal((await ask(`${url}/healthcheck/more`, sent)).statusCode, 401)
      })
    })

    it("adds the challenge to the application's own 401s, without replacing its own", async () => {
      await using(adapter, strangers({ delayAuthDecision: true }), {}, async (url) => {
        const challenges: unknown[] = []
        for (const query of ['app_status=401', 'app_status=401&app_challenge=Basic', 'app_status=403']) {
          challenges.push((await ask(`${url}/?${query}`)).headers['www-authenticate'])
        }
        assert.deepEqual(challenges, [challenge, 'Basic', undefined])
      })
    })

    it('compares access rules with the path as it was sent', async () => {
      const rules = [{ service: 'image', method: 'GET', path: '/v2/images/*' }]
      const token = lab.issue('demo', {
        application_credential: { id: 'ac', name: 'ac', restricted: true, access_rules: rules },
      })
      await using(adapter, lab.authToken({ service_type: 'image' }), {}, async (url) => {
        const statuses: number[] = []
        for (const path of ['/v2/images/a%20b?x=1', '/v2/images', '/v2/images/a/b']) {
          statuses.push((await ask(`${url}${path}`, { 'X-Auth-Token': token })).statusCode)
        }
        assert.deepEqual(statuses, [200, 401, 401])
      })
    })

    it('names requests in the log as it is told to', async () => {
      const named: unknown[] = []
      const write = (fields: object) => named.push((fields as { request_id?: string }).request_id)
      const authToken = strangers({ logger: { debug: write, info: write, warn: write } })
      await using(adapter, authToken, { requestId: () => 'req-1' }, async (url) => {
        await ask(url, { 'X-Auth-Token': 'garbage' })
      })
      assert.deepEqual(named, ['req-1'])
    })

    it('does not mix up requests that run at the same time', async () => {
      await using(adapter, lab.authToken(), {}, async (url) => {
        const names = await Promise.all(
          Array.from({ length: 30 }, async (_unused, index) => {
            const headers = { 'X-Auth-Token': lab.issue(persons[index % 3]!) }
            return (JSON.parse((await ask(url, headers)).body) as Saw).set['X-User-Name']
          }),
        )
        assert.deepEqual(
          names,
          Array.from({ length: 30 }, (_unused, index) => persons[index % 3]),
        )
      })
    })
  })
}
