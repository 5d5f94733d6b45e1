import assert from 'node:assert/strict'
import { test } from 'node:test'
import { keepHouse, type HousekeepingDeps } from './housekeeping.ts'
import { capture } from './fixtures/scratch.ts'

const now = new Date('2026-03-31T00:00:00Z')

function bench(more: Partial<HousekeepingDeps> = {}) {
  const log = capture()
  const seen = { since: [] as Date[], removed: [] as string[], forgotten: [] as string[] }
  const deps: HousekeepingDeps = {
    store: {
      unchangedSince(then) {
        seen.since.push(then)
        return ['old', 'running']
      },
      remove: (operation) => void seen.removed.push(operation),
    },
    jobs: { list: () => [{ operation: 'running', step: 'backup', state: 'running' }] },
    cache: {
      removeUnused(inUse, then) {
        seen.since.push(then)
        return ['i1', 'i2'].filter((id) => !inUse.has(`/images/${id}`))
      },
    },
    driver: {
      forgetBackup: async (operation) => void seen.forgotten.push(operation),
      imagesInUse: async () => new Set(['/images/i2']),
    },
    now: () => now,
    logger: log.logger,
    ...more,
  }
  return { deps, log, seen }
}

test('Operations of a month ago go with their backups, images of yesterday that no disk is made on go too', async () => {
  const { deps, log, seen } = bench()
  await keepHouse(deps)
  assert.deepEqual(seen.since, [new Date('2026-03-01T00:00:00Z'), new Date('2026-03-30T00:00:00Z')])
  assert.deepEqual([seen.forgotten, seen.removed], [['old'], ['old']])
  assert.deepEqual(
    log.lines.map(({ msg, image }) => [msg, image]),
    [['unused image removed', 'i1']],
  )
})

test('A backup that cannot be given up now keeps its operation, and the rest is done all the same', async () => {
  const { deps, log, seen } = bench()
  deps.driver = { ...deps.driver, forgetBackup: () => Promise.reject(new Error('QEMU does not answer')) }
  await keepHouse(deps)
  assert.deepEqual(seen.removed, [])
  assert.deepEqual(
    log.lines.map(({ msg }) => msg),
    ['an old operation could not be removed', 'unused image removed'],
  )
})

test('No image goes while it is not known which ones are in use', async () => {
  const { deps, log } = bench()
  deps.driver = { ...deps.driver, imagesInUse: () => Promise.reject(new Error('disk.qcow2: damaged')) }
  deps.cache = { removeUnused: () => assert.fail('removed') }
  await keepHouse(deps)
  assert.equal(log.lines.at(-1)?.['msg'], 'what is old could not be removed')
})
