import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { after, before, mock, test } from 'node:test'
import { testCloud, type TestCloud } from '../testing/cloud.ts'
import { ClaimedLeftover, ClaimLost } from './claimed-leftover.ts'

let cloud: TestCloud
let now = new Date('2026-01-01T00:00:00Z')

before(async () => {
  cloud = await testCloud({ conductor: false })
})
after(() => cloud.close())

const later = (seconds: number) => void (now = new Date(now.getTime() + seconds * 1000))
const claim = (id: number) => ClaimedLeftover.claim(cloud.db.kysely, id, () => now)
const left = async (id: number) =>
  await cloud.db.kysely.selectFrom('leftovers').selectAll().where('id', '=', id).executeTakeFirst()

async function leave(): Promise<number> {
  const { id } = await cloud.db.kysely
    .insertInto('leftovers')
    .values({
      kind: 'image',
      resource_id: randomUUID(),
      operation_id: null,
      host: null,
      attempt: 1,
      reason: 'away',
      created_at: now,
      next_try_at: now,
      claimed_until: null,
    })
    .returning('id')
    .executeTakeFirstOrThrow()
  return id
}

test('one conductor at a time is at what is left over, and postpones it ever longer', async () => {
  const id = await leave()
  const first = await claim(id)
  assert.equal(await claim(id), undefined, 'it is claimed')
  await first!.postponed('still away')
  assert.equal(await claim(id), undefined, 'it is not due')
  later(10)
  const second = await claim(id)
  await second!.postponed('still away')
  later(19)
  assert.equal(await claim(id), undefined)
  later(1)
  const third = await claim(id)
  await third!.removed()
  assert.equal(await left(id), undefined)
})

test('one that was stopped loses it, and changes nothing any more', async () => {
  const id = await leave()
  const frozen = (await claim(id))!
  later(31)
  const other = (await claim(id))!
  await assert.rejects(frozen.assertHeld(), ClaimLost)
  await frozen.removed()
  await frozen.postponed('nothing of this')
  assert.equal((await left(id))?.reason, 'away')
  await other.assertHeld()
  later(29)
  await other.assertHeld()
  later(29)
  assert.equal(await claim(id), undefined, 'it was renewed')
  await other.removed()
  assert.equal(await left(id), undefined)
})

test('one at which a conductor works for long stays claimed', async () => {
  const id = await leave()
  mock.timers.enable({ apis: ['setInterval'] })
  try {
    const slow = (await claim(id))!
    const { claimed_until: before } = slow.row
    later(20)
    mock.timers.tick(10_000)
    await cloud.eventually(async () => (await left(id))!.claimed_until! > before!)
    later(20)
    assert.equal(await claim(id), undefined)
    await slow.removed()
    assert.equal(await left(id), undefined)
  } finally {
    mock.timers.reset()
  }
})
