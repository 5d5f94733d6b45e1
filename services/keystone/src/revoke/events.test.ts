import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { RevocationEventRow } from '../db/tables.ts'
import { RevocationIndex, type RevocableToken } from './events.ts'
import { revocationEvent } from './store.ts'

const issuedAt = 1000

const token: RevocableToken = {
  auditId: 'own',
  auditChainId: 'first',
  issuedAt,
  expiresAt: 4600,
  trustId: 'trust',
  accessTokenId: 'access',
  userIds: ['user', 'trustee'],
  projectId: 'project',
  domainIds: ['home', 'place'],
  roleIds: ['member', 'reader'],
}

const event = (attributes: Partial<RevocationEventRow>, seconds = issuedAt): RevocationEventRow => ({
  ...revocationEvent('id', {}, seconds),
  ...attributes,
})
const hits = (...events: RevocationEventRow[]) => new RevocationIndex(events).hits(token)

/** An attribute with each of the values that match. */
const matching: readonly [keyof RevocationEventRow, readonly (string | number)[]][] = [
  ['audit_id', ['own']],
  ['audit_chain_id', ['first']],
  ['trust_id', ['trust']],
  ['access_token_id', ['access']],
  ['user_id', ['user', 'trustee']],
  ['project_id', ['project']],
  ['domain_id', ['home', 'place']],
  ['role_id', ['member', 'reader']],
  ['expires_at', [4600]],
]

describe('a revocation event', () => {
  for (const [name, values] of matching) {
    it(`hits by ${name}`, () => {
      for (const value of values) assert.equal(hits(event({ [name]: value })), true, String(value))
      assert.equal(hits(event({ [name]: name === 'expires_at' ? 4601 : 'another' })), false)
    })
  }

  it('hits only if all that it names matches', () => {
    assert.equal(hits(event({ user_id: 'user', project_id: 'project' })), true)
    assert.equal(hits(event({ user_id: 'user', project_id: 'another' })), false)
    assert.equal(hits(event({ user_id: 'another', project_id: 'project' })), false)
  })

  it('that names nothing hits every token', () => {
    assert.equal(hits(event({})), true)
  })

  it('of an OAuth consumer hits nothing, for no token names one', () => {
    assert.equal(hits(event({ consumer_id: 'consumer' })), false)
  })

  it('hits tokens of its own second and before, and none that came later', () => {
    assert.equal(hits(event({ user_id: 'user' }, issuedAt)), true)
    assert.equal(hits(event({ user_id: 'user' }, issuedAt + 1)), true)
    assert.equal(hits(event({ user_id: 'user' }, issuedAt - 1)), false)
  })

  it('is found among many', () => {
    const others = Array.from({ length: 500 }, (_, index) => event({ audit_id: `other-${index}` }))
    assert.equal(hits(...others), false)
    assert.equal(hits(...others, event({ audit_id: 'own' })), true)
    assert.equal(hits(event({ user_id: 'user' }, 1), event({ user_id: 'user' })), true)
  })

  it('hits no token that has no such attribute', () => {
    const unscoped = { ...token, projectId: undefined, trustId: undefined, roleIds: [] }
    const index = new RevocationIndex([event({ project_id: 'project' }), event({ trust_id: 'trust' })])
    assert.equal(index.hits(unscoped), false)
  })
})
