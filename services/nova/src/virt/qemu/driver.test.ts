import assert from 'node:assert/strict'
import { existsSync, rmSync, writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { checkImage, inspectImage, type QmpClient } from '@longhaul/qemu'
import { runsGuest } from './command-line.ts'
import { diskBytes, Lab } from './fixtures/lab.ts'
import { findProcess, isAlive, untilGone } from './process.ts'

// Too slow ever to end by itself, once the first burst is over.
const slow = 64 * 1024

interface BackupCall {
  operation: string
  bandwidth?: number
  running?: boolean
  signal?: AbortSignal
}

/** Options for a backup, and what resolves at its first progress. */
function backupCall(call: BackupCall) {
  const { operation, bandwidth = 0, running = true, signal = new AbortController().signal } = call
  const { promise: underWay, resolve } = Promise.withResolvers<void>()
  const onProgress = (done: number) => {
    if (done > 0) resolve()
  }
  return { options: { operation, bandwidth, running, signal, onProgress }, underWay }
}

async function jobsOf(qmp: QmpClient): Promise<{ id: string; status: string }[]> {
  return qmp.execute('query-jobs')
}

test('A machine boots within a second, counts on its console and is logged', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const spec = lab.spec()
  assert.equal(await driver.powerState(spec.id), 'absent')
  await driver.boot(spec)
  await lab.tick(spec.id, 3)
  assert.equal(await driver.powerState(spec.id), 'running')
  assert.deepEqual(await driver.list(), [{ id: spec.id, power_state: 'running' }])
  assert.match(await driver.console(spec.id), /tick 00000000\r\ntick 00000001\r\n/)
  assert.match(await driver.console(spec.id, 2), /^tick \d{8}\r\n$/)
  const started = lab.log.find(({ msg }) => msg === 'guest started')
  assert.equal(started?.['image'], spec.image.id)
  assert.ok((started['ms'] as number) < 1000, `took ${String(started['ms'])} ms`)
})

test('A path longer than a socket may have is no hindrance', async (t) => {
  const lab = new Lab(t, { inner: 'long'.repeat(40) })
  const driver = lab.driver()
  const id = await lab.guest(driver)
  assert.equal(await driver.powerState(id), 'running')
})

test('The disk is the larger one of image and flavor', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const spec = { ...lab.spec(), diskGb: 1 }
  await driver.boot(spec)
  const { virtualSize, format } = await inspectImage(lab.paths(spec.id).disk)
  assert.deepEqual({ virtualSize, format }, { virtualSize: 2 ** 30, format: 'qcow2' })
})

test('A restarted agent adopts a machine, also one that was not written down, and starts no second one', async (t) => {
  const lab = new Lab(t)
  const spec = lab.spec()
  const first = lab.driver()
  await Promise.all([first.boot(spec), first.boot(spec)])
  const { pid } = lab.process(spec.id)
  assert.equal(lab.log.filter(({ msg }) => msg === 'guest started').length, 1)
  first.close()

  const second = lab.driver()
  await second.adopt()
  assert.equal(lab.log.find(({ msg }) => msg === 'guest adopted')?.['server'], spec.id)
  assert.equal(await second.powerState(spec.id), 'running')
  second.close()

  rmSync(lab.paths(spec.id).record)
  const third = lab.driver()
  await third.boot(spec)
  assert.equal(lab.process(spec.id).pid, pid)
})

test('Another process with the pid of a dead machine is not taken for it, nor killed', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  process.kill(lab.process(id).pid, 'SIGKILL')
  const stat = findProcess((args) => args.some((arg) => arg.includes('driver.test')))!
  writeFileSync(lab.paths(id).record, JSON.stringify(stat))
  assert.equal(await driver.powerState(id), 'shutdown')
  await driver.destroy(id)
  assert.ok(isAlive(stat))
})

test('QEMU that does not start says why, and leaves no process', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const spec = lab.spec()
  rmSync(spec.image.path)
  writeFileSync(spec.image.path, 'no sector')
  await assert.rejects(driver.boot({ ...spec, memoryMb: 2 ** 40 }), {
    code: 'guest_not_started',
    message: /QEMU did not start: .*qemu-system-x86_64/,
  })
  assert.equal(await driver.powerState(spec.id), 'shutdown')
})

test('destroy leaves no process and no file, and may be repeated', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  const guest = lab.process(id)
  const paths = lab.paths(id)
  await driver.destroy(id)
  assert.ok(!isAlive(guest))
  assert.equal(
    findProcess((args) => runsGuest(args, paths)),
    undefined,
  )
  assert.ok(!existsSync(paths.directory))
  assert.equal(await driver.powerState(id), 'absent')
  await driver.destroy(id)
})

test('A backup is the disk as of its start, and the machine goes on', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  const seen: [number, number][] = []
  const { options } = backupCall({ operation: 'op' })
  const onProgress = (done: number, total: number) => void seen.push([done, total])
  const backup = await driver.backup(id, { ...options, onProgress })
  const { before, after } = backup.console_offset
  assert.equal(backup.virtual_size, diskBytes)
  assert.deepEqual(seen.at(-1), [diskBytes, diskBytes])
  await checkImage(backup.path)
  assert.equal((await inspectImage(backup.path)).backingFile, undefined)
  const tick = await lab.tickInImage(backup.path)
  // The guest prints a number before it writes it.
  assert.ok(tick >= lab.lastTick(id, before) - 1 && tick <= lab.lastTick(id, after))
  await lab.tick(id, lab.lastTick(id) + 2)

  assert.deepEqual(await driver.backup(id, options), backup)
  assert.equal(await driver.backupPath('op'), backup.path)
  await driver.forgetBackup('op')
  assert.ok(!existsSync(backup.path))
  assert.equal(await driver.backupPath('op'), undefined)
  await driver.forgetBackup('op')
})

test('A cancelled backup leaves nothing, neither in QEMU nor on disk', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  const abort = new AbortController()
  const { options, underWay } = backupCall({ operation: 'op', bandwidth: slow, signal: abort.signal })
  const refused = assert.rejects(driver.backup(id, options), { code: 'backup_cancelled', terminal: true })
  await underWay
  assert.equal(await driver.backupPath('op'), undefined)
  abort.abort()
  await refused
  const operator = await lab.operator(id)
  assert.deepEqual(await jobsOf(operator), [])
  const nodes = await operator.execute<{ 'node-name': string }[]>('query-named-block-nodes')
  assert.ok(nodes.every((node) => !node['node-name'].startsWith('backup-')))
  assert.ok(!existsSync(`${lab.directory}/backups/op.qcow2`))
  assert.equal(await driver.powerState(id), 'running')
})

test('A restarted agent joins the backup that runs, or has concluded meanwhile, at its old point in time', async (t) => {
  const lab = new Lab(t)
  const first = lab.driver()
  const id = await lab.guest(first)
  const { options, underWay } = backupCall({ operation: 'op', bandwidth: slow })
  const lost = assert.rejects(first.backup(id, options), { code: 'monitor_lost', terminal: false })
  await underWay
  const tick = lab.lastTick(id)
  first.close()
  await lost
  await lab.tick(id, tick + 3)

  const second = lab.driver()
  const joined = backupCall({ operation: 'op' })
  const lostAgain = assert.rejects(second.backup(id, joined.options), { code: 'monitor_lost' })
  await joined.underWay
  second.close()
  await lostAgain
  const operator = await lab.operator(id)
  const job = (await jobsOf(operator))[0]!.id
  await operator.execute('block-job-set-speed', { device: job, speed: 0 })
  await operator.waitFor(
    ({ event, data }) => event === 'JOB_STATUS_CHANGE' && data?.['status'] === 'concluded',
  )

  const backup = await lab.driver().backup(id, backupCall({ operation: 'op' }).options)
  assert.ok((await lab.tickInImage(backup.path)) <= tick)
  assert.ok(lab.lastTick(id, backup.console_offset.after) <= tick)
  assert.deepEqual(await jobsOf(operator), [])
})

test('Forgetting a backup after a restart ends the job that still runs', async (t) => {
  const lab = new Lab(t)
  const first = lab.driver()
  const id = await lab.guest(first)
  const { options, underWay } = backupCall({ operation: 'op', bandwidth: slow })
  const lost = assert.rejects(first.backup(id, options), { code: 'monitor_lost' })
  await underWay
  first.close()
  await lost
  await lab.driver().forgetBackup('op')
  const operator = await lab.operator(id)
  assert.deepEqual(await jobsOf(operator), [])
  assert.ok(!existsSync(`${lab.directory}/backups/op.qcow2`))
})

test('The death of QEMU fails the backup for good, and a later one copies the disk that is left', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  const { options, underWay } = backupCall({ operation: 'op', bandwidth: slow })
  const failed = assert.rejects(driver.backup(id, options), { code: 'guest_stopped', terminal: true })
  await underWay
  process.kill(lab.process(id).pid, 'SIGKILL')
  await failed
  assert.ok(!existsSync(`${lab.directory}/backups/op.qcow2`))
  assert.equal(await driver.powerState(id), 'shutdown')

  await assert.rejects(driver.backup(id, backupCall({ operation: 'other' }).options), {
    code: 'guest_stopped',
  })
  const { options: stopped } = backupCall({ operation: 'later', running: false })
  const backup = await driver.backup(id, stopped)
  await checkImage(backup.path)
  assert.equal(backup.virtual_size, diskBytes)
  assert.equal(backup.console_offset.before, backup.console_offset.after)
})

test('A machine that died while no agent was there fails the backup that was under way', async (t) => {
  const lab = new Lab(t)
  const first = lab.driver()
  const id = await lab.guest(first)
  const { options, underWay } = backupCall({ operation: 'op', bandwidth: slow })
  const lost = assert.rejects(first.backup(id, options), { code: 'monitor_lost' })
  await underWay
  first.close()
  await lost
  process.kill(lab.process(id).pid, 'SIGKILL')
  assert.ok(await untilGone(lab.process(id), 5000))
  const again = backupCall({ operation: 'op' })
  await assert.rejects(lab.driver().backup(id, again.options), { code: 'guest_stopped' })
})

test('Records that the disk has lost neither stop a restarted agent nor hide a machine that runs', async (t) => {
  const lab = new Lab(t)
  const first = lab.driver()
  const id = await lab.guest(first)
  const guest = lab.process(id)
  first.close()
  writeFileSync(lab.paths(id).record, '{"pid": 1')
  const second = lab.driver()
  await second.adopt()
  assert.deepEqual(lab.process(id), guest)
  assert.equal(await second.powerState(id), 'running')
})

test('A program that is not there is told, and the machine can be started with another', async (t) => {
  const lab = new Lab(t)
  const spec = lab.spec()
  const none = lab.driver('/none/qemu')
  await assert.rejects(none.boot(spec), { code: 'guest_not_started', terminal: true })
  assert.equal(await none.powerState(spec.id), 'shutdown')
  await lab.driver().boot(spec)
  await lab.tick(spec.id, 1)
})

test('A boot whose QEMU ended just after the agent had died is begun again', async (t) => {
  const lab = new Lab(t)
  const spec = lab.spec()
  const driver = lab.driver()
  await driver.boot(spec)
  process.kill(lab.process(spec.id).pid, 'SIGSTOP')
  driver.close()
  const again = lab.driver().boot(spec)
  process.kill(lab.process(spec.id).pid, 'SIGKILL')
  await again
  await lab.tick(spec.id, 1)
})

test('A QEMU that hangs counts as running, and can be destroyed', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  const guest = lab.process(id)
  process.kill(guest.pid, 'SIGSTOP')
  assert.equal(await driver.powerState(id), 'running')
  await driver.destroy(id)
  assert.ok(!isAlive(guest))
})

test('Images that disks are made on are in use until the machine is destroyed', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const spec = lab.spec()
  await driver.boot(spec)
  assert.deepEqual([...(await driver.imagesInUse())], [spec.image.path])
  await driver.destroy(spec.id)
  assert.deepEqual([...(await driver.imagesInUse())], [])
})

test('The hypervisor is told with its version as one number', (t) => {
  assert.deepEqual(new Lab(t).driver().hypervisor, { type: 'QEMU', version: 7_002_022 })
})
