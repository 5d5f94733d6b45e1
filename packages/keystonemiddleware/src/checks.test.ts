import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { TokenData } from '@longhaul/keystoneauth'
import { tokenData } from '@longhaul/keystoneauth/testing'
import { judgeService, judgeUser, type Answer, type CheckSettings } from './checks.ts'
import { InvalidToken } from './errors.ts'
import { catalog } from './fixtures/lab.ts'
import { knownToken } from './token-cache.ts'

const now = Date.parse('2026-03-01T12:00:00Z')
const issuedAt = new Date(now)
const user = tokenData({ issuedAt })
const service = tokenData({ issuedAt, roleNames: ['service'] })
const withoutRole = tokenData({ issuedAt })
const expired = tokenData({ issuedAt, lifetime: -1 })

function judge(
  tokens: { user?: TokenData | InvalidToken; service?: TokenData | InvalidToken | undefined },
  change: Partial<CheckSettings> = {},
  at = now,
) {
  const facts = {
    now: at,
    method: 'GET',
    path: '/x',
    user: asAnswer(tokens.user ?? user),
    service: tokens.service && asAnswer(tokens.service),
    settings: {
      serviceTokenRoles: ['service'],
      serviceTokenRolesRequired: true,
      enforceTokenBind: 'permissive',
      serviceType: 'image',
      windowMs: 1000_000,
      ...change,
    },
  }
  const judgedService = judgeService(facts)
  return { service: judgedService, user: judgeUser(facts, judgedService) }
}

function asAnswer(said: TokenData | InvalidToken): Answer {
  return said instanceof InvalidToken ? said : knownToken(said)
}

describe('the service token', () => {
  it('is confirmed by any of its roles', () => {
    const judged = judge({ service }, { serviceTokenRoles: ['admin', 'service'] })
    assert.deepEqual(judged.service, { status: 'Confirmed', data: service, byRole: true })
  })

  it('without a role is invalid, or confirmed and good for nothing', () => {
    assert.equal(judge({ service: withoutRole }).service?.reason, 'service_token_role_missing')
    const loose = judge({ service: withoutRole, user: expired }, { serviceTokenRolesRequired: false })
    assert.deepEqual(loose.service, { status: 'Confirmed', data: withoutRole, byRole: false })
    assert.equal(loose.user.reason, 'user_token_expired')
  })

  it('lets an expired user token pass only while it is good itself', () => {
    assert.equal(judge({ service, user: expired }).user.status, 'Confirmed')
    for (const bad of [expired, new InvalidToken(), withoutRole]) {
      assert.equal(judge({ service: bad, user: expired }).user.reason, 'user_token_expired')
    }
    assert.equal(judge({ service: expired }).service?.reason, 'service_token_expired')
  })

  it('without any configured role confirms nothing', () => {
    assert.equal(judge({ service }, { serviceTokenRoles: [] }).service?.reason, 'service_token_role_missing')
  })
})

describe('the user token', () => {
  it('is good at the very second of its expiry and not after it', () => {
    const end = Date.parse(user.expires_at)
    assert.equal(judge({}, {}, end).user.status, 'Confirmed')
    assert.equal(judge({}, {}, end + 1).user.reason, 'user_token_expired')
  })

  it('with an unreadable expiry is expired', () => {
    assert.equal(judge({ user: { ...user, expires_at: 'soon' } }).user.reason, 'user_token_expired')
  })

  it("with access rules is exempt from them only by a service token's role (D5)", () => {
    const ruled = tokenData({
      issuedAt,
      catalog,
      application_credential: { id: 'ac', name: 'ac', restricted: true, access_rules: [] },
    })
    assert.equal(judge({ user: ruled, service }).user.status, 'Confirmed')
    for (const bad of [expired, new InvalidToken(), withoutRole, undefined]) {
      assert.equal(judge({ user: ruled, service: bad }).user.reason, 'access_rules_no_match')
    }
    const loose = judge({ user: ruled, service: withoutRole }, { serviceTokenRolesRequired: false })
    assert.equal(loose.user.reason, 'access_rules_no_match')
  })
})

describe('token binding', () => {
  const kerberos = { ...user, bind: { kerberos: 'demo' } }
  const other = { ...user, bind: { x509: 'demo' } }
  const rows: [mode: string, unbound: boolean, kerberos: boolean, other: boolean][] = [
    ['disabled', true, true, true],
    ['permissive', true, false, true],
    ['strict', true, false, false],
    ['required', false, false, false],
    ['kerberos', false, false, false],
    ['x509', false, false, false],
  ]
  for (const [mode, ...holds] of rows) {
    it(`${mode}: unbound ${holds[0]}, kerberos ${holds[1]}, another kind ${holds[2]}`, () => {
      for (const [index, token] of [user, kerberos, other].entries()) {
        const reason = judge({ user: token }, { enforceTokenBind: mode }).user.reason
        assert.equal(reason, holds[index] ? undefined : 'user_token_bind_refused')
      }
    })
  }

  it('of the service token counts; of the user token not when a service token is there', () => {
    const bound = { ...service, bind: { kerberos: 'nova' } }
    assert.equal(judge({ service: bound }).service?.reason, 'service_token_bind_refused')
    assert.equal(judge({ service, user: kerberos }).user.status, 'Confirmed')
  })
})
