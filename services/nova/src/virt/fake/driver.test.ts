import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { checkImage } from '@longhaul/qemu'
import { FakeDriver, type FakeDriverOptions } from './driver.ts'

const forEver = new AbortController().signal
const atOnce = { graceMilliseconds: 0, signal: forEver }
const image = { id: 'i1', path: '/none', format: 'qcow2', virtualSize: 8 * 2 ** 20 }
const spec = { id: 's1', name: 'vm', vcpus: 1, memoryMb: 64, diskGb: 0, image, volumes: [], ports: [] }

async function bench(t: TestContext, more: Partial<FakeDriverOptions> = {}) {
  const directory = mkdtempSync(join(tmpdir(), 'nova-fake-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const driver = new FakeDriver({ directory, ...more })
  await driver.boot(spec)
  const state = () => driver.powerState('s1')
  const backup = (signal = forEver, bandwidth = 0) =>
    driver.backup('s1', { operation: 'op', bandwidth, running: false, signal, onProgress: () => {} })
  return { driver, directory, state, backup }
}

test('A machine is booted, paused, stopped, started and destroyed', async (t) => {
  const { driver, state } = await bench(t)
  await driver.boot(spec)
  assert.equal(await state(), 'running')
  for (const [method, wanted] of [
    ['pause', 'paused'],
    ['unpause', 'running'],
  ] as const) {
    await driver[method]('s1')
    await driver[method]('s1')
    assert.equal(await state(), wanted)
  }
  await driver.stop('s1', atOnce)
  await driver.stop('s1', atOnce)
  assert.equal(await state(), 'shutdown')
  await assert.rejects(driver.pause('s1'), { code: 'guest_stopped' })
  await driver.start('s1')
  assert.deepEqual(await driver.list(), [{ id: 's1', power_state: 'running' }])
  await driver.destroy('s1')
  await driver.destroy('s1')
  assert.equal(await state(), 'absent')
  await assert.rejects(driver.start('s1'), { code: 'guest_absent' })
})

test('A machine that crashed is booted again', async (t) => {
  const { driver, state } = await bench(t)
  driver.crash('s1')
  assert.equal(await state(), 'shutdown')
  await driver.boot(spec)
  assert.equal(await state(), 'running')
})

test('A reboot lets a paused machine run, once for an operation', async (t) => {
  const { driver, state } = await bench(t)
  const reboot = (operation: string) => driver.reboot('s1', { operation, ...atOnce })
  await driver.pause('s1')
  await reboot('op1')
  assert.equal(await state(), 'running')
  await driver.pause('s1')
  await reboot('op1')
  assert.equal(await state(), 'paused')
  await reboot('op2')
  assert.equal(await state(), 'running')
})

test('A suspended machine is off until it is resumed or begins anew', async (t) => {
  const { driver, state } = await bench(t)
  await assert.doesNotReject(driver.resume('s1'))
  await driver.suspend('s1', forEver)
  await driver.suspend('s1', forEver)
  assert.equal(await state(), 'shutdown')
  await driver.resume('s1')
  await driver.resume('s1')
  assert.equal(await state(), 'running')
  await driver.suspend('s1', forEver)
  await driver.start('s1')
  await driver.stop('s1', atOnce)
  await assert.rejects(driver.resume('s1'), { code: 'guest_stopped' })
})

test('Volumes and ports come and go, but not while the machine is suspended', async (t) => {
  const { driver } = await bench(t)
  const volume = { id: 'v1', connection_info: { driver_volume_type: 'nbd', data: {} } }
  const port = { id: 'p1', mac_address: 'fa:16:3e:00:00:01', vif_type: 'dgram', vif_details: {} }
  await driver.attachVolume('s1', volume)
  await driver.attachVolume('s1', volume)
  await driver.attachPort('s1', port)
  assert.deepEqual(driver.devices('s1'), { volumes: ['v1'], ports: ['p1'] })
  await driver.suspend('s1', forEver)
  await assert.rejects(driver.detachVolume('s1', 'v1', forEver), { code: 'guest_suspended' })
  await driver.resume('s1')
  await driver.extendVolume('s1', 'v1')
  await driver.detachVolume('s1', 'v1', forEver)
  await assert.rejects(driver.extendVolume('s1', 'v1'), { code: 'volume_not_attached' })
  await driver.detachPort('s1', 'p1', forEver)
  assert.deepEqual(driver.devices('s1'), { volumes: [], ports: [] })
})

test('What was cancelled changes nothing', async (t) => {
  const { driver, state } = await bench(t)
  const reason = new Error('cancelled')
  const cancelled = { graceMilliseconds: 0, signal: AbortSignal.abort(reason) }
  await assert.rejects(driver.stop('s1', cancelled), reason)
  await assert.rejects(driver.reboot('s1', { operation: 'op', ...cancelled }), reason)
  await assert.rejects(driver.suspend('s1', cancelled.signal), reason)
  assert.equal(await state(), 'running')
})

test('A backup is a sound image of the size of the disk, given again until it is forgotten', async (t) => {
  const { driver, directory, backup } = await bench(t)
  const made = await backup()
  assert.equal(made.virtual_size, image.virtualSize)
  assert.equal((await checkImage(made.path)).checked, true)
  assert.equal(await backup(), made)
  assert.equal(await driver.backupPath('op'), made.path)
  await driver.forgetBackup('op')
  assert.equal(await driver.backupPath('op'), undefined)
  assert.deepEqual(readdirSync(directory), [])
})

test('A backup takes as long as its limit says, and ends with the machine or its signal', async (t) => {
  const pauses: number[] = []
  const between = { act: () => {} }
  const sleep = async (milliseconds: number, signal: AbortSignal) => {
    signal.throwIfAborted()
    pauses.push(milliseconds)
    between.act()
  }
  const { driver, backup } = await bench(t, { sleep })
  await assert.rejects(backup(AbortSignal.abort()), { code: 'backup_cancelled' })
  between.act = () => driver.crash('s1')
  await assert.rejects(backup(), { code: 'guest_stopped' })
  between.act = () => {}
  pauses.length = 0
  await backup(forEver, 2 ** 20)
  assert.equal(
    pauses.reduce((sum, pause) => sum + pause, 0),
    8000,
  )
})

test('The next call of a method fails as it is told to, the one after it does not', async (t) => {
  const { driver } = await bench(t)
  driver.failures.set('list', new Error('on demand'))
  await assert.rejects(driver.list(), /on demand/)
  await driver.list()
})

test('The console shows what a test has put there, and the hypervisor says what it is', async (t) => {
  const { driver } = await bench(t)
  assert.equal(await driver.console('s1'), '')
  driver.consoles.set('s1', 'a\nb\n')
  assert.equal(await driver.console('s1', 2), 'b\n')
  assert.deepEqual(driver.hypervisor, { type: 'fake', version: 1_000_000 })
  assert.equal((await driver.imagesInUse()).size, 0)
})
