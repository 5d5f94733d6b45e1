import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { convertImage } from '@longhaul/qemu'
import { stateDirectory } from '../state-directory.ts'
import { callsFor, type ServiceCall } from './calls.ts'
import {
  checksOfContent,
  checksWith,
  checksWithout,
  equals,
  hashedBackup,
  imageFiles,
  reasonOf,
  type Check,
} from './checks.ts'
import type { ActionOutcome, Image } from './compute.ts'
import {
  auditId,
  computeLog,
  image,
  issuedAt,
  logsOf,
  period,
  project,
  requestId,
  sha512,
} from './fixtures/sample-logs.ts'

const hashed = hashedBackup(computeLog, period)
const active: Image = { id: image, status: 'active', owner: project, os_hash_value: sha512 }
const failedAction: ActionOutcome = {
  message: 'Error',
  events: [
    { event: 'compute_snapshot_instance', result: 'Error', details: '401 from glance: not authorized' },
    { event: 'extract', result: 'Success', details: null },
  ],
}
const wrong = (checks: readonly Check[]) => checks.filter(({ ok }) => !ok).map(({ name }) => name)

function scratch(t: TestContext) {
  const root = mkdtempSync(join(tmpdir(), 'demo-checks-'))
  t.after(() => rmSync(root, { recursive: true }))
  const state = stateDirectory(root)
  mkdirSync(state.data)
  return state
}

test('The hashed backup is read from the log of nova-compute, within the period', () => {
  assert.deepEqual(hashed, {
    time: Date.parse('2026-02-03T10:00:09.500Z'),
    operation: 'op-1',
    sha512,
    consoleOffset: { before: 48, after: 64 },
  })
  assert.equal(hashedBackup(computeLog, { ...period, to: period.from }), undefined)
  assert.equal(hashedBackup('', period), undefined)
})

test('A check of equality tells what it found', () => {
  assert.deepEqual(equals('x', 1, 1), { name: 'x', ok: true, detail: '1' })
  assert.deepEqual(equals('x', undefined, 'a'), { name: 'x', ok: false, detail: 'found undefined, not a' })
})

test('The reason is that of the failed event, else that of the action', () => {
  assert.equal(reasonOf(failedAction), '401 from glance: not authorized')
  assert.equal(reasonOf({ message: 'gone', events: [] }), 'gone')
  assert.equal(reasonOf({ message: null, events: [] }), null)
  assert.equal(reasonOf(undefined), null)
})

test("Files of an image are found in glance's store, also those of a broken upload", (t) => {
  const state = scratch(t)
  assert.deepEqual(imageFiles(state, image), [])
  mkdirSync(join(state.data, 'glance/images'), { recursive: true })
  for (const name of [image, `${image}.part`, 'other'])
    writeFileSync(join(state.data, 'glance/images', name), '')
  assert.deepEqual(imageFiles(state, image), [image, `${image}.part`])
})

const without = {
  calls: callsFor(logsOf('without'), period, requestId, issuedAt),
  hashed,
  image: undefined,
  files: [],
  action: failedAction,
}

test('Without a service token everything is as it should be when glance refuses and the image is gone', () => {
  assert.deepEqual(wrong(checksWithout(without)), [])
  assert.deepEqual(wrong(checksWithout({ ...without, image: { ...active, status: 'deleted' } })), [])
})

for (const [what, facts, found] of [
  ['glance accepts the call', { calls: callsFor(logsOf('with'), period, requestId) }, [0, 1]],
  ['nothing was extracted', { hashed: undefined }, [0]],
  ['the image is left', { image: { ...active, status: 'queued' } }, [2]],
  ['a file is left', { files: [`${image}.part`] }, [3]],
  ['there is no action', { action: undefined }, [4]],
  ['no event failed', { action: { message: 'x', events: [] } }, [4]],
] as const) {
  test(`Without a service token it is told when ${what}`, () => {
    const checks = checksWithout({ ...without, ...facts } as Parameters<typeof checksWithout>[0])
    assert.deepEqual(
      wrong(checks),
      found.map((index) => checks[index]?.name),
    )
  })
}

const withToken = {
  calls: callsFor(logsOf('with'), period, requestId, issuedAt),
  hashed,
  image: active,
  auditId,
  project,
}
const changed = (change: Partial<ServiceCall>, method = 'PUT') =>
  withToken.calls.map((call) =>
    call.method === method && call.to === 'glance-api' ? { ...call, ...change } : call,
  )

test('With a service token everything is as it should be when glance takes the expired token', () => {
  assert.deepEqual(wrong(checksWith(withToken)), [])
})

for (const [what, facts, found] of [
  ['the image is not active', { image: { ...active, status: 'saving' } }, [0]],
  ['glance refuses a call', { calls: changed({ status: 401 }, 'PATCH') }, [1]],
  ['there was no upload', { calls: withToken.calls.filter(({ method }) => method !== 'PUT') }, [2, 3, 4, 5]],
  ['the token is another one', { calls: changed({ userTokenAuditId: 'x' }) }, [3]],
  ['the token has not expired', { calls: changed({ userTokenExpired: false }) }, [4]],
  ['the service token is not nova’s', { calls: changed({ serviceUser: 'demo' }) }, [5]],
  ['the hash differs', { image: { ...active, os_hash_value: 'x' } }, [6]],
  ['the image is somebody else’s', { image: { ...active, owner: 'x' } }, [7]],
] as const) {
  test(`With a service token it is told when ${what}`, () => {
    const checks = checksWith({ ...withToken, ...facts })
    assert.deepEqual(
      wrong(checks),
      found.map((index) => checks[index]?.name),
    )
  })
}

const tick = (count: number) => `tick ${String(count).padStart(8, '0')}\r\n`

/** A snapshot whose disk holds this count, of a guest that had printed 3 before it and 5 after it. */
async function content(t: TestContext, count: number) {
  const state = scratch(t)
  const [raw, file] = [join(state.data, 'made.raw'), join(state.data, 'made.qcow2')]
  const disk = Buffer.alloc(2 ** 20)
  disk.write(tick(count), 512 * (count + 1))
  writeFileSync(raw, disk)
  await convertImage(raw, file, { format: 'qcow2' })
  const data = readFileSync(file)
  const console = join(state.data, 'console.log')
  const upTo = (last: number) => Array.from({ length: last + 1 }, (_, each) => tick(each)).join('')
  writeFileSync(console, upTo(9))
  const consoleOffset = { before: upTo(3).length, after: upTo(5).length }
  const digest = createHash('sha512').update(data).digest('hex')
  return { state, data, hashed: { ...hashed!, sha512: digest, consoleOffset }, console, disk: true }
}

for (const [count, right] of [
  [1, false],
  [2, true],
  [5, true],
  [6, false],
] as const) {
  test(`A disk that has counted to ${count} is ${right ? '' : 'not '}of the moment of the backup`, async (t) => {
    const facts = await content(t, count)
    const checks = await checksOfContent(facts)
    assert.equal(checks.length, 3)
    assert.deepEqual(wrong(checks), right ? [] : [checks[2]?.name])
    const left = readdirSync(facts.state.data).filter((name) => name.startsWith('downloaded'))
    assert.deepEqual(left, [])
  })
}

test('An image that is damaged or another than the hashed one is told', async (t) => {
  const facts = await content(t, 4)
  const damaged = Buffer.from(facts.data)
  // The reference counts of the first clusters.
  damaged.fill(0, 0x20000, 0x20010)
  const checks = await checksOfContent({ ...facts, data: damaged })
  assert.deepEqual(wrong(checks), [checks[0]?.name, checks[1]?.name])
})

test('Of a pretended machine the hash alone is compared', async (t) => {
  const facts = await content(t, 4)
  assert.equal((await checksOfContent({ ...facts, disk: false })).length, 1)
  const [lone] = await checksOfContent({ ...facts, hashed: undefined })
  assert.equal(lone?.ok, false)
})
