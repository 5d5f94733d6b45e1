import assert from 'node:assert/strict'
import {
  closeSync,
  existsSync,
  mkdtempSync,
  openSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
  writeSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import {
  checkImage,
  convertImage,
  createImage,
  inspectImage,
  QemuImgError,
  QemuMissingError,
  resizeImage,
} from './index.ts'

const mebibyte = 2 ** 20
const clusterBytes = 65_536

function scratch(t: TestContext): (name: string) => string {
  const directory = mkdtempSync(join(tmpdir(), 'qemu-img-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return (name) => join(directory, name)
}

function overwrite(path: string, offset: number, content: Uint8Array): void {
  const file = openSync(path, 'r+')
  writeSync(file, content, 0, content.length, offset)
  closeSync(file)
}

for (const format of ['raw', 'qcow2', 'vmdk', 'vdi', 'vhd', 'vhdx', 'qed']) {
  test(`A ${format} image made by qemu-img is recognised, with its size`, async (t) => {
    const path = scratch(t)('image')
    await createImage(path, { format, size: 4 * mebibyte })
    const info = await inspectImage(path)
    assert.equal(info.format, format)
    assert.equal(info.actualSize, statSync(path).blocks * 512)
    assert.deepEqual([info.backingFile, info.dataFile, info.encrypted], [undefined, undefined, undefined])
    // A VHD has whole cylinders.
    if (format === 'vhd') assert.ok(info.virtualSize >= 4 * mebibyte && info.virtualSize < 5 * mebibyte)
    else assert.equal(info.virtualSize, 4 * mebibyte)
  })
}

test('An image on top of another tells its backing file, which need not be there to be inspected', async (t) => {
  const path = scratch(t)
  await createImage(path('base'), { format: 'qcow2', size: mebibyte })
  const backing = { path: path('base'), format: 'qcow2' }
  await createImage(path('same'), { format: 'qcow2', backing })
  await createImage(path('larger'), { format: 'qcow2', backing, size: 2 * mebibyte })
  rmSync(path('base'))
  assert.equal((await inspectImage(path('same'))).virtualSize, mebibyte)
  const larger = await inspectImage(path('larger'))
  assert.deepEqual([larger.virtualSize, larger.backingFile], [2 * mebibyte, path('base')])
})

test('A converted image holds what its source and the backing file hold, and stands for itself', async (t) => {
  const path = scratch(t)
  writeFileSync(path('base'), Buffer.alloc(mebibyte, 'b'))
  await createImage(path('overlay'), { format: 'qcow2', backing: { path: path('base'), format: 'raw' } })
  await convertImage(path('overlay'), path('flat'), { format: 'qcow2' })
  assert.equal((await inspectImage(path('flat'))).backingFile, undefined)
  await convertImage(path('flat'), path('raw'), { format: 'raw' })
  assert.equal((await inspectImage(path('raw'))).virtualSize, mebibyte)
  assert.ok(Buffer.alloc(mebibyte, 'b').equals(readFileSync(path('raw'))))
})

test('A conversion ends by its signal', async (t) => {
  const path = scratch(t)
  await createImage(path('source'), { format: 'qcow2', size: mebibyte })
  const converting = convertImage(path('source'), path('target'), {
    format: 'raw',
    signal: AbortSignal.abort(),
  })
  await assert.rejects(converting, { name: 'AbortError' })
  assert.equal(existsSync(path('target')), false)
})

test('An image grows, and shrinks only when told to', async (t) => {
  const image = scratch(t)('image')
  await createImage(image, { format: 'qcow2', size: 2 * mebibyte })
  await resizeImage(image, { size: 3 * mebibyte })
  assert.equal((await inspectImage(image)).virtualSize, 3 * mebibyte)
  await assert.rejects(resizeImage(image, { size: mebibyte }), { code: 'qemu_img_failed' })
  await resizeImage(image, { size: mebibyte, shrink: true })
  assert.equal((await inspectImage(image)).virtualSize, mebibyte)
})

// Clusters of a new image: header, table of reference counts, its one block, table of the disk.
const referenceCount = (cluster: number) => 2 * clusterBytes + 2 * cluster

test('A check tells good, leaking and uncheckable images apart, and refuses a damaged one', async (t) => {
  const path = scratch(t)
  for (const name of ['good', 'leaking', 'damaged'])
    await createImage(path(name), { format: 'qcow2', size: mebibyte })
  writeFileSync(path('raw'), Buffer.alloc(512))
  overwrite(path('leaking'), referenceCount(4), Buffer.from([0, 1]))
  overwrite(path('leaking'), 4 * clusterBytes, Buffer.alloc(clusterBytes))
  overwrite(path('damaged'), referenceCount(3), Buffer.from([0, 0]))
  assert.deepEqual(await checkImage(path('good')), { checked: true, leakedClusters: 0 })
  assert.deepEqual(await checkImage(path('leaking')), { checked: true, leakedClusters: 1 })
  assert.deepEqual(await checkImage(path('raw')), { checked: false, leakedClusters: 0 })
  await assert.rejects(
    checkImage(path('damaged')),
    (error) => error instanceof QemuImgError && /damaged/.test(error.message),
  )
})

test('A path is a file, whatever it looks like', async (t) => {
  const path = scratch(t)
  const before = process.cwd()
  process.chdir(path('.'))
  t.after(() => process.chdir(before))
  for (const name of ['--help', 'json:{}', 'nbd:localhost:1', 'a,b=c']) {
    await createImage(name, { format: 'qcow2', size: mebibyte })
    assert.equal((await inspectImage(path(name))).format, 'qcow2', name)
    await checkImage(name)
  }
  const backing = { path: 'nbd:localhost:1', format: 'raw' }
  await assert.rejects(
    createImage('overlay', { format: 'qcow2', backing, size: 1 }),
    /not the path of a file/,
  )
})

test('What qemu-img says against it is in the error', async (t) => {
  const path = scratch(t)
  await assert.rejects(createImage(path('x'), { format: 'nonsense', size: 1 }), (error) => {
    assert.ok(error instanceof QemuImgError)
    assert.equal(error.code, 'qemu_img_failed')
    assert.match(error.message, /^qemu-img create: .*nonsense/)
    return true
  })
  await assert.rejects(createImage(path('x'), { format: 'raw', size: 1.5 }), /number of bytes/)
  await assert.rejects(inspectImage(path('none')), { code: 'ENOENT' })
  writeFileSync(path('vhdx'), 'vhdxfile')
  await assert.rejects(inspectImage(path('vhdx')), { code: 'qemu_img_failed' })
})

test('Without qemu-img the error names what to install', async (t) => {
  const path = scratch(t)
  const before = process.env['PATH']
  process.env['PATH'] = path('.')
  t.after(() => (process.env['PATH'] = before))
  await assert.rejects(createImage(path('x'), { format: 'raw', size: 1 }), (error) => {
    assert.ok(error instanceof QemuMissingError)
    assert.equal(error.code, 'qemu_missing')
    assert.match(error.message, /qemu-img.*qemu-system-x86 qemu-utils/)
    return true
  })
})
