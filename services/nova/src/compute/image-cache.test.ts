import assert from 'node:assert/strict'
import {
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  symlinkSync,
  utimesSync,
  writeFileSync,
} from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { httpError } from '@longhaul/keystoneauth'
import { emptyQcow2 } from '../virt/fake/empty-qcow2.ts'
import { broken, diskBytes, imageOf, smallDisk, sourceOf, stalled, whole } from './fixtures/images.ts'
import { scratch } from './fixtures/scratch.ts'
import { ImageCache } from './image-cache.ts'

const forEver = new AbortController().signal
const image = imageOf(smallDisk)
const noon = new Date('2026-01-02T12:00:00Z')

function bench(t: TestContext) {
  const stateDirectory = scratch(t)
  const directory = join(stateDirectory, 'images')
  return {
    directory,
    cache: () => new ImageCache(join(stateDirectory, 'images'), () => noon),
    files: () => readdirSync(directory),
  }
}

test('An image is downloaded once, checked, and kept for the next agent', async (t) => {
  const { cache, directory, files } = bench(t)
  const source = sourceOf(whole(smallDisk))
  const one = cache()
  const both = await Promise.all([one.get(image, source, forEver), one.get(image, source, forEver)])
  const wanted = { id: image.id, path: join(directory, image.id), format: 'qcow2', virtualSize: diskBytes }
  assert.deepEqual(both, [wanted, wanted])
  assert.deepEqual(await cache().get(image, source, forEver), wanted)
  assert.equal(source.asked(), 1)
  assert.deepEqual(files(), [image.id])
  assert.deepEqual(readFileSync(wanted.path), smallDisk)
})

test('A download that breaks off in the middle leaves nothing, and may be tried again', async (t) => {
  const { cache, files } = bench(t)
  const source = sourceOf(broken(smallDisk), whole(smallDisk))
  const one = cache()
  await assert.rejects(one.get(image, source, forEver), { code: 'image_interrupted', terminal: false })
  assert.deepEqual(files(), [])
  assert.equal((await one.get(image, source, forEver)).virtualSize, diskBytes)
})

test('What an agent that died has left of a download is removed by the next one', async (t) => {
  const { cache, directory, files } = bench(t)
  mkdirSync(directory)
  writeFileSync(join(directory, `${image.id}.part`), 'half')
  const source = sourceOf(whole(smallDisk))
  const next = cache()
  assert.deepEqual(files(), [])
  await next.get(image, source, forEver)
})

test('Data with another digest is fetched once more, then the image counts as damaged', async (t) => {
  const { cache, files } = bench(t)
  const other = emptyQcow2(2 * diskBytes)
  const mended = sourceOf(whole(other), whole(smallDisk))
  await cache().get(image, mended, forEver)
  const damaged = sourceOf(whole(other))
  const second = { ...image, id: 'second' }
  await assert.rejects(cache().get(second, damaged, forEver), { code: 'image_damaged', terminal: true })
  assert.equal(damaged.asked(), 2)
  assert.deepEqual(files(), [image.id])
})

test('A refusal is told as it is to the one who was refused, and the others ask for themselves', async (t) => {
  const { cache } = bench(t)
  const one = cache()
  const refusal = httpError({
    status: 401,
    method: 'GET',
    url: 'http://glance',
    message: 'no',
    retryAfter: 0,
    headers: {},
    body: '',
  })
  const refused = one.get(
    image,
    sourceOf(() => Promise.reject(refusal)),
    forEver,
  )
  const allowed = one.get(image, sourceOf(whole(smallDisk)), forEver)
  await assert.rejects(refused, { code: 'http_401' })
  assert.equal((await allowed).id, image.id)
})

test('Cancelling ends a download that gives nothing, and removes what came of it', async (t) => {
  const { cache, files } = bench(t)
  const abort = new AbortController()
  const { stream, reading } = stalled(smallDisk)
  const one = cache()
  const getting = one.get(image, sourceOf(stream), abort.signal)
  await reading
  const reason = new Error('cancelled')
  abort.abort(reason)
  await assert.rejects(getting, reason)
  await one.get(image, sourceOf(whole(smallDisk)), forEver)
  assert.deepEqual(files(), [image.id])
})

test('A full disk is told as such and is not the fault of the connection', async (t) => {
  const { cache, directory, files } = bench(t)
  const one = cache()
  symlinkSync('/dev/full', join(directory, `${image.id}.part`))
  await assert.rejects(one.get(image, sourceOf(whole(smallDisk)), forEver), { code: 'ENOSPC' })
  assert.deepEqual(files(), [])
})

test('An image without data, or without a digest to check, is refused before anything is fetched', async (t) => {
  const { cache } = bench(t)
  const source = sourceOf(whole(smallDisk))
  for (const [facts, code] of [
    [{ status: 'queued' }, 'image_not_active'],
    [{ status: 'deactivated' }, 'image_not_active'],
    [{ os_hash_algo: 'md5' }, 'image_unacceptable'],
    [{ os_hash_value: null }, 'image_unacceptable'],
  ] as const) {
    await assert.rejects(cache().get({ ...image, ...facts }, source, forEver), { code, terminal: true })
  }
  assert.equal(source.asked(), 0)
})

/** A qcow2 whose header was changed. */
function altered(change: (header: Buffer) => void): Buffer {
  const data = Buffer.from(smallDisk)
  change(data)
  return data
}

const namesAnother = altered((header) => {
  header.writeBigUInt64BE(512n, 8)
  header.writeUInt32BE(11, 16)
  header.write('/etc/passwd', 512)
})

for (const [what, data, facts] of [
  ['names another file', namesAnother, {}],
  ['is encrypted', altered((header) => void header.writeUInt32BE(1, 32)), {}],
  ['is of another format than declared', Buffer.alloc(4096), {}],
  ['is of a format that no disk is made on', Buffer.from('KDMV'.padEnd(512, '\0')), { disk_format: 'vmdk' }],
] as const) {
  test(`An image that ${what} is refused and not kept`, async (t) => {
    const { cache, files } = bench(t)
    const getting = cache().get(imageOf(data, facts), sourceOf(whole(data)), forEver)
    await assert.rejects(getting, { code: 'image_unacceptable', terminal: true })
    assert.deepEqual(files(), [])
  })
}

test('An image that is kept is not given as another format than it has', async (t) => {
  const { cache } = bench(t)
  const one = cache()
  await one.get(image, sourceOf(whole(smallDisk)), forEver)
  const relabelled = one.get({ ...image, disk_format: 'raw' }, sourceOf(whole(smallDisk)), forEver)
  await assert.rejects(relabelled, { code: 'image_unacceptable' })
})

test('Images that nobody has asked for are removed, those in use and those just asked for stay', async (t) => {
  const { cache, directory, files } = bench(t)
  const one = cache()
  const source = sourceOf(whole(smallDisk))
  const long = new Date('2026-01-01T00:00:00Z')
  for (const id of ['used', 'unused', 'asked']) {
    await one.get({ ...image, id }, source, forEver)
    utimesSync(join(directory, id), long, long)
  }
  await one.get({ ...image, id: 'asked' }, source, forEver)
  writeFileSync(join(directory, 'coming.part'), '')
  utimesSync(join(directory, 'coming.part'), long, long)
  const inUse = new Set([join(directory, 'used')])
  assert.deepEqual(one.removeUnused(inUse, new Date('2026-01-02T11:00:00Z')), ['unused'])
  assert.deepEqual(files(), ['asked', 'coming.part', 'used'])
  assert.ok(existsSync(join(directory, 'used')))
})
