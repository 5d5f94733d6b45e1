import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { MigrateOptions } from '../driver.ts'
import { FakeDriver, type FakeDriverOptions } from './driver.ts'

const image = { id: 'i1', path: '/none', format: 'qcow2', virtualSize: 8 * 2 ** 20 }
const spec = { id: 's1', name: 'vm', vcpus: 1, memoryMb: 64, diskGb: 0, image, volumes: [], ports: [] }
const signal = new AbortController().signal
const running = { operation: 'op', running: true, postCopy: false, signal }
const memoryBytes = 64 * 2 ** 20

async function bench(t: TestContext, more: Partial<FakeDriverOptions> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'nova-fake-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const [from, to] = [new FakeDriver({ directory, ...more }), new FakeDriver({ directory, ...more })]
  await from.boot(spec)
  const prepare = async (block?: boolean) =>
    to.prepareIncoming('s1', {
      operation: 'op',
      machine: await from.describe('s1'),
      block,
      volumes: [],
      ports: [],
      image: async () => undefined,
    })
  const seen: number[] = []
  const migrate = async (changes: Partial<MigrateOptions> = {}) =>
    from.migrate('s1', {
      operation: 'op',
      destination: await prepare(),
      autoConverge: false,
      postCopy: false,
      onProgress: ({ done, total }) => seen.push(done / total),
      signal,
      ...changes,
    })
  const states = async () => [await from.powerState('s1'), await to.powerState('s1')]
  return { from, to, prepare, migrate, states, seen }
}

test('A machine moves step by step, and each step may be repeated', async (t) => {
  const { from, to, migrate, states, seen } = await bench(t)
  assert.deepEqual(await migrate(), { running: true, post_copy: false })
  assert.deepEqual(await states(), ['paused', 'absent'])
  assert.equal(seen.at(-1), 1)
  for (let turn = 0; turn < 2; turn++) {
    await to.finishMigration('s1', running)
    await from.confirmSource('s1', 'op')
  }
  assert.deepEqual(await states(), ['absent', 'running'])
  assert.deepEqual(await to.list(), [{ id: 's1', power_state: 'running' }])
  await assert.rejects(to.abandonIncoming('s1', 'op'), { code: 'guest_present' })
})

test('A machine stays if its destination is given up, and nobody changes it before that', async (t) => {
  const { from, to, migrate, states } = await bench(t)
  await migrate()
  await assert.rejects(from.unpause('s1'), { code: 'guest_migrating' })
  await assert.rejects(to.start('s1'), { code: 'guest_migrating' })
  await to.abandonIncoming('s1', 'op')
  await to.abandonIncoming('s1', 'op')
  await from.reclaimSource('s1', 'op')
  await from.reclaimSource('s1', 'op')
  assert.deepEqual(await states(), ['running', 'absent'])
  await assert.rejects(from.confirmSource('s1', 'op'), { code: 'guest_not_moved' })
})

test('A migration takes as long as its limit says, which may change, and ends by its signal', async (t) => {
  const pauses: number[] = []
  let act = async () => {}
  const sleep = async (milliseconds: number, ended: AbortSignal) => {
    ended.throwIfAborted()
    pauses.push(milliseconds)
    await act()
  }
  const { from, to, migrate } = await bench(t, { sleep, sharesStorage: true })
  await assert.rejects(migrate({ signal: AbortSignal.abort() }), { code: 'migration_cancelled' })
  await from.reclaimSource('s1', 'op')
  await to.abandonIncoming('s1', 'op')
  act = async () => from.limitMigration('s1', { bandwidth: memoryBytes })
  await migrate({ bandwidth: memoryBytes / 10 })
  assert.deepEqual(pauses, [1000, ...Array<number>(9).fill(100)])
})

test('An end that is wished comes at once, by post-copy only if that is permitted, and then for good', async (t) => {
  for (const postCopy of [false, true]) {
    const { from, migrate } = await bench(t, { sleep: () => from.forceComplete('s1') })
    assert.deepEqual(await migrate({ postCopy }), { running: true, post_copy: postCopy })
    if (postCopy) await assert.rejects(from.reclaimSource('s1', 'op'), { code: 'guest_moved' })
    await from.confirmSource('s1', 'op')
    await assert.rejects(from.forceComplete('s1'), { code: 'guest_absent' })
  }
})

test('Storage is in common or is not, as for real machines', async (t) => {
  const apart = await bench(t)
  await assert.rejects(apart.prepare(false), { code: 'storage_not_shared' })
  assert.equal((await apart.prepare(true)).disk?.sync, 'top')
  const shared = await bench(t, { sharesStorage: true })
  await assert.rejects(shared.prepare(true), { code: 'storage_shared' })
  assert.equal((await shared.prepare()).disk, undefined)
})
