import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import type { Db } from '../revision.ts'
import { longestUse } from '../config.ts'
import { onProject, testKeystone, type TestKeystone } from '../testing/keystone.ts'
import { addRevocation, announceRetention, readRevocations, revocationEvent } from './store.ts'

const start = 1_000_000
const ids = async (db: Db) => {
  const rows = await db.selectFrom('revocation_events').select('id').orderBy('id').execute()
  return rows.map((row) => row.id)
}

describe('revocation events in the database', () => {
  let keystone: TestKeystone
  let db: Db
  before(async () => {
    keystone = await testKeystone()
    db = keystone.database.kysely
  })
  after(() => keystone.close())

  it('are kept for expiration, window and buffer, whatever is written meanwhile', async () => {
    const keep = longestUse(keystone.settings)
    assert.equal(keep, 3600 + 172_800 + 1800)
    await addRevocation(db, revocationEvent('first', { userId: 'u' }, start))
    await addRevocation(db, revocationEvent('second', { userId: 'u' }, start + keep))
    assert.deepEqual(await ids(db), ['first', 'second'])
    await addRevocation(db, revocationEvent('third', { userId: 'u' }, start + keep + 1))
    assert.deepEqual(await ids(db), ['second', 'third'])
  })

  it('are kept for the process whose tokens are used longest', async () => {
    const keep = longestUse(keystone.settings)
    assert.equal(await announceRetention(db, keep - 1000), false)
    assert.equal(await announceRetention(db, keep + 1000), true)
    const late = start + 10 * keep
    await addRevocation(db, revocationEvent('fourth', {}, late))
    await addRevocation(db, revocationEvent('fifth', {}, late + keep + 1000))
    assert.deepEqual(await ids(db), ['fifth', 'fourth'])
  })

  it('are all kept as long as no process has said how long it uses tokens', async () => {
    await db.deleteFrom('service_state').where('name', '=', 'revocation_retention').execute()
    await addRevocation(db, revocationEvent('sixth', {}, start + 1e9))
    assert.deepEqual(await ids(db), ['fifth', 'fourth', 'sixth'])
  })

  it('are read back with what they name', async () => {
    await addRevocation(db, revocationEvent('seventh', { auditId: 'a' }, start))
    const nothing = {
      trustId: undefined,
      accessTokenId: undefined,
      projectId: undefined,
      domainIds: [],
      roleIds: [],
    }
    const token = { auditId: 'a', auditChainId: 'a', issuedAt: start, expiresAt: 0, userIds: [], ...nothing }
    await db.deleteFrom('revocation_events').where('id', '!=', 'seventh').execute()
    const known = await readRevocations(db)
    assert.equal(known.hits(token), true)
    assert.equal(known.hits({ ...token, auditId: 'b' }), false)
  })
})

describe('a revoked token', () => {
  it('is refused until the end of its window, when its event may go', async () => {
    await using keystone = await testKeystone({
      conf: '[token]\nexpiration = 100\nallow_expired_window = 1000\n',
    })
    const { call, login, pass } = keystone
    const revoke = (token: string) => call('DELETE', '/v3/auth/tokens', { token, subject: token })
    const [revoked, kept] = [
      await login('admin', onProject('admin')),
      await login('admin', onProject('admin')),
    ]
    await revoke(revoked)
    for (const seconds of [90, 1000, 9]) {
      pass(seconds)
      await revoke(await login('admin', 'unscoped'))
      const token = await login('admin', onProject('admin'))
      const statusOf = async (subject: string) =>
        (await call('GET', '/v3/auth/tokens?allow_expired=1', { token, subject })).statusCode
      assert.equal(await statusOf(kept), 200, `${seconds} s later`)
      assert.equal(await statusOf(revoked), 404, `${seconds} s later`)
    }
  })
})
