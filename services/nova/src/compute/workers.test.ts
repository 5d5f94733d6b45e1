import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { ConnectFailure, httpError } from '@longhaul/keystoneauth'
import { bootParams, host, sealedFor, userContext, workerBench } from './fixtures/agent-bench.ts'
import { diskBytes, imageOf, sourceOf, whole } from './fixtures/images.ts'
import { emptyQcow2 } from '../virt/fake/empty-qcow2.ts'

const refusal = (status: number) =>
  httpError({
    status,
    method: 'PUT',
    url: 'http://glance/v2/images/i/file',
    message: 'This server could not verify that you are authorized.',
    retryAfter: 0,
    headers: {},
    body: '',
  })

test('boot fetches the image as the user and starts the machine, also when it is repeated', async (t) => {
  const { driver, images, work, workers } = workerBench(t)
  const boot = () => workers.boot(work('boot', bootParams))
  assert.deepEqual(await boot(), { power_state: 'running' })
  assert.deepEqual(await boot(), { power_state: 'running' })
  assert.deepEqual(images.users, [userContext.authToken, userContext.authToken])
  assert.equal(images.source.asked(), 1)
  assert.deepEqual(await driver.list(), [{ id: 's1', power_state: 'running' }])
})

test('What glance calls the image is not made the name of a file', async (t) => {
  const { directory, images, work, workers } = workerBench(t)
  images.facts = { ...images.facts, id: '../../outside' }
  await workers.boot(work('boot', bootParams))
  assert.ok(existsSync(join(directory, 'images', bootParams.image.id)))
  assert.ok(!existsSync(join(directory, '../outside')))
})

test('An image that is larger than the disk of the flavor is refused', async (t) => {
  const { driver, images, work, workers } = workerBench(t)
  const flavor = { ...bootParams.flavor, disk: 1 }
  await workers.boot(work('boot', { ...bootParams, flavor }))
  const large = emptyQcow2(2 ** 30 + 512)
  images.facts = imageOf(large)
  images.source = sourceOf(whole(large))
  await driver.destroy('s1')
  const image = { id: 'large' }
  await assert.rejects(workers.boot(work('boot', { ...bootParams, image, flavor })), {
    code: 'flavor_disk_too_small',
    terminal: true,
  })
  assert.deepEqual(await driver.list(), [])
})

test('A context is opened only by the host and for the operation that it was sealed for', async (t) => {
  const { driver, images, work, workers } = workerBench(t)
  for (const [context, code] of [
    [sealedFor('compute2', 'op'), 'seal_invalid'],
    [sealedFor(host, 'other'), 'seal_invalid'],
    ['', 'seal_invalid'],
  ] as const) {
    await assert.rejects(workers.boot(work('boot', bootParams, { context })), { code })
  }
  const without = work('boot', bootParams)
  delete without.request.context
  await assert.rejects(workers.boot(without), { code: 'context_missing', terminal: true })
  assert.deepEqual([images.users, await driver.list()], [[], []])
})

test('A job that was cancelled during the download boots nothing', async (t) => {
  const { driver, work, workers } = workerBench(t)
  const reason = new Error('cancelled')
  const signal = AbortSignal.abort(reason)
  await assert.rejects(workers.boot(work('boot', bootParams, { signal })), reason)
  assert.deepEqual(await driver.list(), [])
})

test('backup tells size, digests and place in the console, and the same again when it is repeated', async (t) => {
  const { driver, log, work, workers } = workerBench(t)
  await workers.boot(work('boot', bootParams))
  const result = await workers.backup(work('backup', { bandwidth: 0 }))
  const data = readFileSync((await driver.backupPath('op'))!)
  assert.deepEqual(result, {
    size: data.length,
    sha512: createHash('sha512').update(data).digest('hex'),
    md5: createHash('md5').update(data).digest('hex'),
    disk_format: 'qcow2',
    virtual_size: diskBytes,
    console_offset: { before: 0, after: 0 },
  })
  assert.deepEqual(await workers.backup(work('backup')), result)
  const hashed = log.lines.find(({ msg }) => msg === 'backup hashed')
  assert.deepEqual([hashed?.['operation'], hashed?.['sha512']], ['op', result['sha512']])
})

test('upload sends the finished backup as the user, and the log tells which tokens, not the tokens', async (t) => {
  const { driver, images, log, work, workers } = workerBench(t)
  await workers.boot(work('boot', bootParams))
  await workers.backup(work('backup'))
  images.facts = { ...images.facts, status: 'queued', os_hash_value: null }
  await workers.upload(work('upload', { image: 'i1' }))
  assert.deepEqual(images.uploads, [{ id: 'i1', path: await driver.backupPath('op') }])
  const started = log.lines.find(({ msg }) => msg === 'upload started')
  assert.deepEqual(started?.['user_token'], { audit_id: 'audit-1', age: 60 })
  assert.equal(started?.['service_token'], true)
  assert.doesNotMatch(log.text(), /never-shown/)
})

test('upload without a backup is a failure for good', async (t) => {
  const { work, workers } = workerBench(t)
  await assert.rejects(workers.upload(work('upload', { image: 'i1' })), {
    code: 'backup_lost',
    terminal: true,
  })
})

test('An image that changed on its way is not taken for the backup', async (t) => {
  const { images, work, workers } = workerBench(t)
  await workers.boot(work('boot', bootParams))
  await workers.backup(work('backup'))
  images.facts = { ...images.facts, status: 'active', os_hash_value: 'another' }
  await assert.rejects(workers.upload(work('upload', { image: 'i1' })), { code: 'image_conflict' })
})

test('A refused upload is logged with its status', async (t) => {
  const { images, log, work, workers } = workerBench(t)
  await workers.boot(work('boot', bootParams))
  await workers.backup(work('backup'))
  images.facts = { ...images.facts, status: 'queued' }
  images.uploadFailure = refusal(401)
  await assert.rejects(workers.upload(work('upload', { image: 'i1' })), { code: 'http_401' })
  const refused = log.lines.find(({ msg }) => msg === 'upload refused')
  assert.deepEqual([refused?.['status'], refused?.['image']], [401, 'i1'])
})

test('A glance that is away all the time is told as such', async (t) => {
  const { images, work, workers } = workerBench(t)
  images.getFailure = new ConnectFailure('GET http://glance: ECONNREFUSED')
  await assert.rejects(workers.boot(work('boot', bootParams)), { code: 'connect_failure' })
})

test('destroy ends the machine, and what is not there is fine', async (t) => {
  const { driver, work, workers } = workerBench(t)
  await workers.boot(work('boot', bootParams))
  assert.deepEqual(await workers.destroy(work('destroy')), {})
  assert.deepEqual(await workers.destroy(work('destroy')), {})
  assert.deepEqual(await driver.list(), [])
})
