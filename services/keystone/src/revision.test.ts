import assert from 'node:assert/strict'
import { setImmediate } from 'node:timers/promises'
import { after, before, describe, it } from 'node:test'
import { openDatabase, type Database } from '@longhaul/oslo/db'
import type { Tables } from './db/tables.ts'
import { PerRevision, Revision } from './revision.ts'
import { onProject, testKeystone, type TestKeystone } from './testing/keystone.ts'

describe('the revision of the database', () => {
  let keystone: TestKeystone
  let other: Database<Tables>
  let ours: Revision
  let theirs: Revision
  before(async () => {
    keystone = await testKeystone()
    other = openDatabase<Tables>(keystone.connection)
    ours = new Revision(keystone.database)
    theirs = new Revision(other)
  })
  after(async () => {
    await other.close()
    await keystone.close()
  })
  const write = (revision: Revision, id: string) =>
    revision.write((trx) =>
      trx
        .insertInto('regions')
        .values({ id, description: '', parent_region_id: null, extra: '{}' })
        .execute(),
    )

  it('stays as long as nothing is written', async () => {
    assert.equal(await ours.current(), await ours.current())
    assert.equal(await theirs.current(), await theirs.current())
  })

  it('changes for all when one writes', async () => {
    for (const [writer, id] of [
      [ours, 'one'],
      [theirs, 'two'],
    ] as const) {
      const before = [await ours.current(), await theirs.current()]
      await write(writer, id)
      const after = [await ours.current(), await theirs.current()]
      assert.notEqual(after[0], before[0])
      assert.notEqual(after[1], before[1])
    }
  })

  it('stays when a write fails', async () => {
    const before = await theirs.current()
    await assert.rejects(write(ours, 'one'))
    assert.equal(await theirs.current(), before)
  })

  it('is new for whoever asks after a write, while others are asking', async () => {
    for (let round = 0; round < 20; round++) {
      const before = await theirs.current()
      const asking = Array.from({ length: 5 }, () => theirs.current())
      await write(ours, `round-${round}`)
      const after = await theirs.current()
      assert.notEqual(after, before)
      await Promise.all(asking)
    }
  })

  it('makes what is known of it anew, and only then', async () => {
    let made = 0
    const known = new PerRevision(theirs, () => ++made)
    assert.equal(await known.current(), 1)
    assert.equal(await known.current(), 1)
    await write(ours, 'three')
    assert.equal(await known.current(), 2)
  })
})

describe('two services with one database', () => {
  it('know at once what the other did', async () => {
    await using one = await testKeystone()
    await using two = await testKeystone({ beside: one })
    const admin = await one.login('admin', onProject('admin'))
    const subject = await one.login('admin', onProject('admin'))
    // A request over a connection begins a turn of the event loop.
    const status = async () => {
      await setImmediate()
      return (await two.call('GET', '/v3/auth/tokens', { token: admin, subject })).statusCode
    }
    assert.equal(await status(), 200)
    await one.call('DELETE', '/v3/auth/tokens', { token: admin, subject })
    assert.equal(await status(), 404)
  })
})
