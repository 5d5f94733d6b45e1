import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TokenData } from '@longhaul/keystoneauth'
import { tokenData } from '@longhaul/keystoneauth/testing'
import { createAuthToken, type AuthTokenOptions } from './auth-token.ts'
import { InvalidToken, ValidationUnavailable } from './errors.ts'
import type { Reason } from './reasons.ts'

const now = () => new Date('2026-03-01T12:00:00Z')
const known: Record<string, TokenData> = {
  'user-secret': tokenData({ issuedAt: now(), audit_ids: ['user-audit'] }),
  'expired-secret': tokenData({ issuedAt: now(), lifetime: -60, audit_ids: ['expired-audit'] }),
  'service-secret': tokenData({ issuedAt: now(), roleNames: ['service'], audit_ids: ['service-audit'] }),
  'plain-secret': tokenData({ issuedAt: now(), audit_ids: ['plain-audit'] }),
}

interface Line extends Record<string, unknown> {
  level: string
  reason?: string
}

/** auth_token over known tokens, with what it logged and counted. */
function stage(options: Partial<AuthTokenOptions> = {}) {
  const lines: Line[] = []
  const refused: Reason[] = []
  const write = (level: string) => (fields: object, message: string) => {
    lines.push({ level, message, ...fields })
  }
  const authToken = createAuthToken({
    fetchToken: async (token) => {
      const data = known[token]
      if (!data) throw new InvalidToken()
      return data
    },
    wwwAuthenticateUri: 'https://keystone.example',
    now,
    logger: { debug: write('debug'), info: write('info'), warn: write('warn') },
    metrics: { refused: (reason) => refused.push(reason) },
    ...options,
  })
  const call = (user?: string, service?: string) =>
    authToken.authenticate({
      method: 'GET',
      path: '/v2/images?secret=1',
      requestId: 'req-1',
      headers: { 'x-auth-token': user, 'x-service-token': service },
    })
  return { authToken, call, lines, refused }
}

describe('auth_token', () => {
  it('asks for both tokens at the same time, for the user token with allow_expired', async () => {
    const asked: string[] = []
    const both = Promise.withResolvers<void>()
    const { call } = stage({
      fetchToken: async (token, { allowExpired }) => {
        asked.push(`${token} ${allowExpired}`)
        if (asked.length === 2) both.resolve()
        await both.promise
        return known[token]!
      },
    })
    const verdict = await call('expired-secret', 'service-secret')
    assert.deepEqual(asked.toSorted(), ['expired-secret true', 'service-secret false'])
    assert.ok(verdict.kind === 'accepted')
    assert.equal(verdict.keystone.user?.audit_ids[0], 'expired-audit')
    assert.equal(verdict.keystone.serviceIdentityStatus, 'Confirmed')
  })

  it('hands out only what was confirmed', async () => {
    const { call } = stage({ delayAuthDecision: true })
    const verdict = await call('expired-secret', 'plain-secret')
    assert.ok(verdict.kind === 'accepted')
    assert.deepEqual(JSON.parse(JSON.stringify(verdict.keystone)), {
      identityStatus: 'Invalid',
      serviceIdentityStatus: 'Invalid',
      reason: 'user_token_expired',
    })
    assert.deepEqual(verdict.keystone.headers(), {
      'X-Identity-Status': 'Invalid',
      'X-Service-Identity-Status': 'Invalid',
    })
  })

  it('hands out the tokens without blanks', async () => {
    const verdict = await stage().call('  user-secret ')
    assert.ok(verdict.kind === 'accepted')
    assert.equal(verdict.keystone.userToken, 'user-secret')
    assert.equal(verdict.keystone.reason, undefined)
  })

  it('answers a Keystone that is down with 503 even when the other token is known to be bad', async () => {
    const { call } = stage({
      fetchToken: async (token) => {
        if (token === 'unknown') throw new InvalidToken()
        throw new ValidationUnavailable('keystone_unreachable', { retryAfter: 6.2 })
      },
    })
    const verdict = await call('user-secret', 'unknown')
    assert.ok(verdict.kind === 'rejected')
    assert.deepEqual([verdict.status, verdict.headers['Retry-After']], [503, '7'])
    assert.equal(verdict.headers['WWW-Authenticate'], undefined)
  })

  it('lets the next request find out after one that found Keystone down', async () => {
    let down = true
    const { call } = stage({
      fetchToken: async (token) => {
        if (down) throw new ValidationUnavailable()
        return known[token]!
      },
    })
    await call('user-secret')
    await call('plain-secret', 'service-secret')
    down = false
    assert.equal((await call('expired-secret', 'service-secret')).kind, 'accepted')
  })

  it('answers a fetchToken that breaks its contract with 503', async () => {
    const { call } = stage({ fetchToken: () => Promise.reject(new TypeError('user-secret')) })
    const verdict = await call('user-secret')
    assert.ok(verdict.kind === 'rejected' && verdict.status === 503)
    assert.equal(verdict.reason, 'keystone_failed')
  })

  it('keeps a quote in www_authenticate_uri from ending the challenge', () => {
    const { authToken } = stage({ wwwAuthenticateUri: 'https://k/"x' })
    assert.equal(authToken.challenge, 'Keystone uri="https://k/%22x"')
  })
})

describe('the reason of a refusal', () => {
  const rows: [user: string | undefined, service: string | undefined, reason: Reason][] = [
    [undefined, undefined, 'user_token_absent'],
    ['unknown', undefined, 'user_token_unknown_or_revoked'],
    ['expired-secret', undefined, 'user_token_expired'],
    ['user-secret', 'unknown', 'service_token_unknown'],
    ['user-secret', 'expired-secret', 'service_token_expired'],
    ['user-secret', 'plain-secret', 'service_token_role_missing'],
    ['expired-secret', 'plain-secret', 'user_token_expired'],
  ]
  for (const [user, service, reason] of rows) {
    it(`user ${user ?? 'none'}, service ${service ?? 'none'}: ${reason}`, async () => {
      const { call, lines, refused } = stage()
      const verdict = await call(user, service)
      assert.ok(verdict.kind === 'rejected' && verdict.status === 401)
      assert.equal(verdict.reason, reason)
      assert.equal(verdict.headers['WWW-Authenticate'], 'Keystone uri="https://keystone.example"')
      assert.ok(!verdict.body.includes(reason))
      assert.deepEqual(refused, [reason])
      assert.deepEqual(
        lines.map((line) => line.reason),
        [reason],
      )
      const text = JSON.stringify(lines)
      assert.ok(!text.includes('secret'), text)
    })
  }

  it('stands in one log line with audit ids', async () => {
    const { call, lines } = stage()
    await call('expired-secret', 'plain-secret')
    assert.deepEqual(lines, [
      {
        level: 'info',
        message: 'request not authenticated',
        reason: 'user_token_expired',
        service_reason: 'service_token_role_missing',
        passed_on: false,
        status: 401,
        method: 'GET',
        path: '/v2/images',
        request_id: 'req-1',
        user_audit_ids: ['expired-audit'],
        service_audit_ids: ['plain-audit'],
      },
    ])
  })

  it('is told to the client only when asked for', async () => {
    const verdict = await stage({ exposeReason: true }).call('expired-secret')
    assert.ok(verdict.kind === 'rejected')
    assert.equal(
      verdict.headers['WWW-Authenticate'],
      'Keystone uri="https://keystone.example", error="user_token_expired"',
    )
  })

  it("is told with the service token's beside it", async () => {
    const verdict = await stage({ exposeReason: true }).call('expired-secret', 'plain-secret')
    assert.ok(verdict.kind === 'rejected')
    assert.equal(
      verdict.headers['WWW-Authenticate'],
      'Keystone uri="https://keystone.example", error="user_token_expired", service_error="service_token_role_missing"',
    )
    const service = await stage({ exposeReason: true }).call('user-secret', 'plain-secret')
    assert.ok(service.kind === 'rejected')
    assert.match(service.headers['WWW-Authenticate']!, /, error="service_token_role_missing"$/)
  })

  it('is a warning when Keystone is at fault, and a detail when nobody logged in', async () => {
    const down = stage({ fetchToken: () => Promise.reject(new ValidationUnavailable()) })
    await down.call('user-secret')
    assert.deepEqual(
      down.lines.map(({ level, reason }) => [level, reason]),
      [['warn', 'keystone_unreachable']],
    )
    const anonymous = stage({ delayAuthDecision: true })
    await anonymous.call()
    assert.deepEqual(
      anonymous.lines.map(({ level, passed_on }) => [level, passed_on]),
      [['debug', true]],
    )
  })

  it('is absent for a request that is authenticated', async () => {
    const { call, lines, refused } = stage()
    await call('user-secret', 'service-secret')
    assert.deepEqual([lines, refused], [[], []])
  })

  it('warns once, at the start, when the role is not required', async () => {
    const { call, lines } = stage({ serviceTokenRolesRequired: false })
    await call('user-secret', 'plain-secret')
    assert.deepEqual(
      lines.map((line) => line.level),
      ['warn'],
    )
  })
})
