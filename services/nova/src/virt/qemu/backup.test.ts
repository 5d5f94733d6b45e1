import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, truncateSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkImage } from '@longhaul/qemu'
import { BackupStore } from './backup-store.ts'
import { diskBytes, Lab } from './fixtures/lab.ts'
import { untilGone } from './process.ts'

const imageProgram = 'qemu-img'
const forEver = new AbortController().signal
const options = { operation: 'op', bandwidth: 0, running: false, signal: forEver, onProgress: () => {} }
const atOnce = { graceMilliseconds: 0, signal: forEver }

const left = (lab: Lab) => readdirSync(join(lab.directory, 'backups'))

/** A qemu-img that an agent has left behind, as slow as can be. */
async function orphan(lab: Lab, operation: string): Promise<{ ended: Promise<unknown> }> {
  const source = join(lab.directory, 'large.raw')
  writeFileSync(source, 'x'.repeat(2 ** 20))
  truncateSync(source, diskBytes)
  const target = new BackupStore(lab.directory).imagePath(operation)
  const parameters = ['convert', '-r', '1', '-f', 'raw', '-O', 'qcow2', source, target]
  const child = spawn(imageProgram, parameters, { stdio: 'ignore' })
  await once(child, 'spawn')
  return { ended: once(child, 'exit') }
}

const converting = { phase: 'converting', console_offset: { before: 0, after: 0 } } as const

test('A target that cannot be written fails the backup for good, leaves nothing, and the machine goes on', async (t) => {
  const lab = new Lab(t)
  // No file of QEMU's becomes larger than an empty image; what is written beyond is refused, not the end of it.
  const driver = lab.driver(lab.program("trap '' XFSZ", 'ulimit -f 400'))
  const id = await lab.guest(driver)
  await assert.rejects(driver.backup(id, options), { code: 'backup_failed', terminal: true })
  assert.deepEqual(left(lab), [])
  const operator = await lab.operator(id)
  assert.deepEqual(await operator.execute('query-jobs'), [])
  await lab.tick(id, lab.lastTick(id) + 2)
})

test('A backup that is cancelled before it begins leaves nothing', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  const cancelled = { ...options, signal: AbortSignal.abort() }
  await assert.rejects(driver.backup(id, cancelled), { code: 'backup_cancelled' })
  assert.deepEqual(left(lab), [])
  await driver.stop(id, atOnce)
  await assert.rejects(driver.backup(id, cancelled), { code: 'backup_cancelled' })
  assert.deepEqual(left(lab), [])
})

test('A paused machine is backed up like one that runs', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  await driver.pause(id)
  const { path } = await driver.backup(id, options)
  await checkImage(path)
  assert.ok((await lab.tickInImage(path)) >= lab.lastTick(id) - 1)
})

test('What is not on the host cannot be backed up', async (t) => {
  await assert.rejects(new Lab(t).driver().backup('none', options), { code: 'guest_absent' })
})

test('A record that the disk has lost makes a new backup, and what was there is given up', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  await driver.backup(id, options)
  for (const name of left(lab)) writeFileSync(join(lab.directory, 'backups', name), '')
  assert.equal(await driver.backupPath('op'), undefined)
  const { path } = await driver.backup(id, options)
  await checkImage(path)
  writeFileSync(join(lab.directory, 'backups/op.json.new'), '{')
  await driver.forgetBackup('op')
  assert.deepEqual(left(lab), [])
})

test('A copy that its QEMU had not closed when it ended is not taken for whole by the next QEMU', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  const store = new BackupStore(lab.directory)
  store.write('op', { server: id, phase: 'copied', console_offset: { before: 0, after: 0 } })
  writeFileSync(store.imagePath('op'), 'not closed')
  store.write('other', { server: 'other', phase: 'copied', console_offset: { before: 0 } })
  const guest = lab.process(id)
  process.kill(guest.pid, 'SIGKILL')
  assert.ok(await untilGone(guest, 5000))
  await driver.start(id)
  assert.deepEqual(left(lab), ['other.json'])
  const { path } = await driver.backup(id, options)
  await checkImage(path)
})

for (const what of ['is forgotten', 'backs up again', 'is followed by a start']) {
  test(`A qemu-img that an agent has left behind is ended when the operation ${what}`, async (t) => {
    const lab = new Lab(t)
    const driver = lab.driver()
    const id = await lab.guest(driver)
    await driver.stop(id, atOnce)
    const { ended } = await orphan(lab, 'op')
    new BackupStore(lab.directory).write('op', { server: id, ...converting })
    if (what === 'is forgotten') await driver.forgetBackup('op')
    else if (what === 'backs up again') await checkImage((await driver.backup(id, options)).path)
    else await driver.start(id)
    assert.deepEqual(await ended, [null, 'SIGTERM'])
    await driver.forgetBackup('op')
    assert.deepEqual(left(lab), [])
  })
}

test('A backup of a machine whose process was not written down is given up inside QEMU all the same', async (t) => {
  const lab = new Lab(t)
  const first = lab.driver()
  const id = await lab.guest(first)
  const { promise: underWay, resolve } = Promise.withResolvers<void>()
  const onProgress = (done: number) => done > 0 && resolve()
  const lost = assert.rejects(first.backup(id, { ...options, bandwidth: 64 * 1024, onProgress }))
  await underWay
  first.close()
  await lost
  writeFileSync(lab.paths(id).record, '')
  await lab.driver().forgetBackup('op')
  assert.deepEqual(await (await lab.operator(id)).execute('query-jobs'), [])
})
