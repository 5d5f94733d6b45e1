import assert from 'node:assert/strict'
import { existsSync, readdirSync, readFileSync, renameSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import type { QmpClient } from '@longhaul/qemu'
import { Lab } from './fixtures/lab.ts'
import { launch } from './launch.ts'
import { isAlive } from './process.ts'

const forEver = new AbortController().signal

/** The guest has counted on, by two at least, and never left out a number or told one twice. */
async function countsOn(lab: Lab, id: string): Promise<void> {
  await lab.tick(id, lab.lastTick(id) + 2)
  const ticks = lab.ticks(id)
  assert.deepEqual(
    ticks,
    ticks.map((_, index) => index),
  )
}

/** Lets QEMU write its memory by itself, as an agent that died just then would have had it. */
async function migrated(qmp: QmpClient, uri: string): Promise<void> {
  await qmp.execute('stop')
  await qmp.execute('migrate-set-capabilities', { capabilities: [{ capability: 'events', state: true }] })
  const completed = qmp.waitFor(
    ({ event, data }) => event === 'MIGRATION' && data?.['status'] === 'completed',
  )
  await qmp.execute('migrate', { uri })
  await completed
}

test('A suspended machine goes on where it was, with a restarted agent too', async (t) => {
  const lab = new Lab(t)
  const first = lab.driver()
  const id = await lab.guest(first)
  const guest = lab.process(id)
  await first.suspend(id, forEver)
  await first.suspend(id, forEver)
  assert.ok(!isAlive(guest))
  assert.equal(await first.powerState(id), 'shutdown')
  first.close()

  const second = lab.driver()
  await second.resume(id)
  assert.equal(await second.powerState(id), 'running')
  await countsOn(lab, id)
  const { pid } = lab.process(id)
  await second.resume(id)
  assert.equal(lab.process(id).pid, pid)
  assert.deepEqual(
    readdirSync(lab.paths(id).directory).filter((name) => name.startsWith('memory')),
    [],
  )
  await second.suspend(id, forEver)
  await second.resume(id)
  await countsOn(lab, id)
})

test('A suspended machine that is started or rebooted begins anew, and its memory is no more', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  await driver.suspend(id, forEver)
  await driver.start(id)
  assert.ok(!existsSync(lab.paths(id).memory))
  await driver.suspend(id, forEver)
  await driver.reboot(id, { operation: 'op', graceMilliseconds: 0, signal: forEver })
  assert.ok(!existsSync(lab.paths(id).memory))
  assert.equal(await driver.powerState(id), 'running')
})

test('A machine that is off can be neither suspended nor resumed', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  await driver.stop(id, { graceMilliseconds: 0, signal: forEver })
  const stopped = { code: 'guest_stopped', terminal: true }
  await assert.rejects(driver.suspend(id, forEver), stopped)
  await assert.rejects(driver.resume(id), stopped)
})

test('A full disk, or a cancelled suspension, leaves the machine running and nothing behind', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  const { memory } = lab.paths(id)
  symlinkSync('/dev/full', `${memory}.new`)
  await assert.rejects(driver.suspend(id, forEver), { code: 'ENOSPC' })
  await countsOn(lab, id)
  const reason = new Error('cancelled')
  await assert.rejects(driver.suspend(id, AbortSignal.abort(reason)), reason)
  await countsOn(lab, id)
  assert.ok(!existsSync(memory) && !existsSync(`${memory}.new`))
  await driver.suspend(id, forEver)
  await driver.resume(id)
  await countsOn(lab, id)
})

for (const next of ['suspend', 'resume'] as const) {
  test(`An agent that died between the file and the end of QEMU: ${next} by the next one ends it first`, async (t) => {
    const lab = new Lab(t)
    const driver = lab.driver()
    const id = await lab.guest(driver)
    const guest = lab.process(id)
    const { memory } = lab.paths(id)
    const operator = await lab.operator(id)
    await migrated(operator, 'exec:cat > memory.whole && mv memory.whole memory.kept')
    while (!existsSync(`${memory}.kept`)) await operator.execute('query-status')
    renameSync(`${memory}.kept`, memory)
    if (next === 'suspend') {
      await driver.suspend(id, forEver)
      assert.ok(!isAlive(guest))
    }
    await driver.resume(id)
    assert.ok(!isAlive(guest))
    await countsOn(lab, id)
  })
}

test('A stream that was lost with its agent is written again', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  await migrated(await lab.operator(id), 'exec:cat > /dev/null')
  writeFileSync(`${lab.paths(id).memory}.new`, 'half')
  await driver.suspend(id, forEver)
  await driver.resume(id)
  await countsOn(lab, id)
})

test('An agent that died before it let the resumed machine go on: the next one does, or suspends it again', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  for (const next of ['resume', 'suspend', 'unpause'] as const) {
    await driver.suspend(id, forEver)
    const dead = lab.host()
    await launch(dead, id, { memory: true })
    dead.monitors.close()
    assert.ok(existsSync(lab.paths(id).memory))
    const { pid } = lab.process(id)
    if (next === 'suspend') {
      await driver.suspend(id, forEver)
      await driver.resume(id)
    } else {
      await driver[next](id)
      assert.equal(lab.process(id).pid, pid)
    }
    assert.ok(!existsSync(lab.paths(id).memory))
    await countsOn(lab, id)
  }
})

test('A memory that cannot be read is told and kept, and the machine can begin anew', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  await driver.suspend(id, forEver)
  const { memory } = lab.paths(id)
  const whole = readFileSync(memory)
  writeFileSync(memory, whole.subarray(0, whole.length >> 1))
  await assert.rejects(driver.resume(id), (error: { code: string; terminal: boolean }) => {
    assert.ok(['guest_not_resumed', 'guest_not_started'].includes(error.code), error.code)
    return error.terminal
  })
  assert.ok(existsSync(memory))
  writeFileSync(memory, whole)
  await driver.resume(id)
  await countsOn(lab, id)
})

test('A suspended machine is backed up and destroyed like one that is off', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  await driver.suspend(id, forEver)
  const options = { operation: 'op', bandwidth: 0, running: false, signal: forEver, onProgress: () => {} }
  const backup = await driver.backup(id, options)
  const tick = await lab.tickInImage(backup.path)
  assert.ok(tick >= lab.lastTick(id) - 1)
  await driver.destroy(id)
  assert.ok(!existsSync(join(lab.paths(id).directory)))
})
