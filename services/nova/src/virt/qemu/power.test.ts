import assert from 'node:assert/strict'
import { readFileSync, rmSync } from 'node:fs'
import { test } from 'node:test'
import { writeRecord } from '../../record-file.ts'
import { obedientBootSector } from './fixtures/obedient-guest.ts'
import { Lab } from './fixtures/lab.ts'
import { isAlive, untilGone } from './process.ts'

const forEver = new AbortController().signal
const atOnce = { graceMilliseconds: 0, signal: forEver }
/** Longer than a test may take. */
const patient = { graceMilliseconds: 600_000, signal: forEver }

async function killed(lab: Lab, id: string): Promise<void> {
  const guest = lab.process(id)
  process.kill(guest.pid, 'SIGKILL')
  assert.ok(await untilGone(guest, 5000))
}

test('A machine that was stopped starts again by a restarted agent, from its disk, and its console goes on', async (t) => {
  const lab = new Lab(t)
  const first = lab.driver()
  const id = await lab.guest(first)
  const guest = lab.process(id)
  await first.stop(id, atOnce)
  assert.ok(!isAlive(guest))
  assert.equal(await first.powerState(id), 'shutdown')
  const console = readFileSync(lab.paths(id).console, 'latin1')
  first.close()

  const second = lab.driver()
  await second.adopt()
  await second.start(id)
  await lab.tick(id, 1)
  assert.equal(await second.powerState(id), 'running')
  assert.ok(readFileSync(lab.paths(id).console, 'latin1').startsWith(console))
  const { pid } = lab.process(id)
  await second.start(id)
  await Promise.all([second.start(id), second.start(id)])
  assert.equal(lab.process(id).pid, pid)
})

test('A start whose agent died before it wrote the process down is found done', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  await driver.stop(id, atOnce)
  await driver.start(id)
  const { pid } = lab.process(id)
  rmSync(lab.paths(id).record)
  driver.close()
  await lab.driver().start(id)
  assert.equal(lab.process(id).pid, pid)
})

test('What is not on the host is neither started, stopped, rebooted nor paused', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const absent = { code: 'guest_absent', terminal: true }
  await assert.rejects(driver.start('none'), absent)
  await assert.rejects(driver.stop('none', atOnce), absent)
  await assert.rejects(driver.reboot('none', { operation: 'op', ...atOnce }), absent)
  await assert.rejects(driver.pause('none'), absent)
  await assert.rejects(driver.resume('none'), absent)
})

test('A machine of which nothing but the disk is known is not started', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  await driver.stop(id, atOnce)
  rmSync(lab.paths(id).guest)
  await assert.rejects(driver.start(id), { code: 'guest_unknown', terminal: true })
})

test('A machine that hears the power button powers itself off', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver, obedientBootSector())
  await driver.stop(id, patient)
  await driver.stop(id, patient)
  const [powered] = lab.logged('guest powered off')
  assert.deepEqual([powered?.['server'], powered?.['clean']], [id, true])
})

test('A machine that does not hear it is ended after the grace', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  await driver.stop(id, { graceMilliseconds: 60, signal: forEver })
  assert.equal(await driver.powerState(id), 'shutdown')
  assert.equal(lab.logged('guest powered off')[0]?.['clean'], false)
})

test('A machine that cannot hear it, being paused or without a monitor, is ended at once', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const paused = await lab.guest(driver)
  await driver.pause(paused)
  await driver.stop(paused, patient)
  assert.equal(await driver.powerState(paused), 'shutdown')
  const mute = await lab.guest(driver)
  driver.close()
  for (const name of ['qmp', 'qmp-operator']) rmSync(`${lab.paths(mute).directory}/${name}`)
  await driver.stop(mute, patient)
  assert.equal(await driver.powerState(mute), 'shutdown')
})

test('A stop that is cancelled while it waits leaves the machine running', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  const abort = new AbortController()
  const reason = new Error('cancelled')
  const operator = await lab.operator(id)
  const pressed = operator.waitFor(({ event }) => event === 'POWERDOWN')
  const stopping = assert.rejects(
    driver.stop(id, { graceMilliseconds: 600_000, signal: abort.signal }),
    reason,
  )
  await pressed
  abort.abort(reason)
  await stopping
  assert.equal(await driver.powerState(id), 'running')
})

test('A hard reboot runs the same disk in a new process, once for an operation', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  const before = lab.process(id)
  const console = readFileSync(lab.paths(id).console, 'latin1')
  await driver.reboot(id, { operation: 'op1', ...atOnce })
  const after = lab.process(id)
  assert.ok(!isAlive(before) && isAlive(after))
  await lab.tick(id, 1)
  assert.ok(readFileSync(lab.paths(id).console, 'latin1').startsWith(console))
  driver.close()
  const next = lab.driver()
  await next.reboot(id, { operation: 'op1', ...atOnce })
  assert.deepEqual(lab.process(id), after)
  await next.reboot(id, { operation: 'op2', ...atOnce })
  assert.notDeepEqual(lab.process(id), after)
})

test('A soft reboot waits for the machine to power itself off', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver, obedientBootSector())
  const before = lab.process(id)
  await driver.reboot(id, { operation: 'op', ...patient })
  assert.equal(lab.logged('guest powered off')[0]?.['clean'], true)
  assert.notDeepEqual(lab.process(id), before)
  assert.equal(await driver.powerState(id), 'running')
})

test('A machine that is paused, or off, runs after a reboot', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  await driver.pause(id)
  await driver.reboot(id, { operation: 'op1', ...patient })
  assert.equal(await driver.powerState(id), 'running')
  await driver.stop(id, atOnce)
  await driver.reboot(id, { operation: 'op2', ...atOnce })
  assert.equal(await driver.powerState(id), 'running')
  const { pid } = lab.process(id)
  await driver.reboot(id, { operation: 'op2', ...atOnce })
  assert.equal(lab.process(id).pid, pid)
})

test('A reboot whose agent died is finished by the next one, at whatever place it was', async (t) => {
  const lab = new Lab(t)
  let agent = lab.driver()
  const nextReboots = async (operation: string) => {
    agent.close()
    agent = lab.driver()
    await agent.reboot(id, { operation, ...atOnce })
    return lab.process(id)
  }
  const id = await lab.guest(agent)
  await agent.reboot(id, { operation: 'op1', ...atOnce })
  const started = lab.process(id)

  // Started, not written down.
  rmSync(lab.paths(id).record)
  assert.deepEqual(await nextReboots('op1'), started)

  // Begun, the old process still runs.
  writeRecord(lab.paths(id).reboot, { operation: 'op2', process: started })
  const second = await nextReboots('op2')
  assert.ok(!isAlive(started) && isAlive(second))

  // The old process has ended, there is no new one.
  writeRecord(lab.paths(id).reboot, { operation: 'op3', process: second })
  await killed(lab, id)
  assert.ok(isAlive(await nextReboots('op3')))
})

test('A paused machine stands still until it is let go on, also by a restarted agent', async (t) => {
  const lab = new Lab(t)
  const first = lab.driver()
  const id = await lab.guest(first)
  await first.pause(id)
  await first.pause(id)
  assert.equal(await first.powerState(id), 'paused')
  first.close()
  const second = lab.driver()
  const tick = lab.lastTick(id)
  await second.unpause(id)
  await second.unpause(id)
  assert.equal(await second.powerState(id), 'running')
  await lab.tick(id, tick + 3)
  assert.deepEqual(
    lab.ticks(id),
    lab.ticks(id).map((_, index) => index),
  )
})

test('A machine that is off cannot be paused, nor let go on', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  await killed(lab, id)
  const stopped = { code: 'guest_stopped', terminal: true }
  await assert.rejects(driver.pause(id), stopped)
  await assert.rejects(driver.unpause(id), stopped)
})

test('What is asked of one machine is done in the order of asking, a destroyed one is not started again', async (t) => {
  const lab = new Lab(t)
  const driver = lab.driver()
  const id = await lab.guest(driver)
  const [, , started] = await Promise.allSettled([
    driver.reboot(id, { operation: 'op', ...atOnce }),
    driver.destroy(id),
    driver.start(id),
  ])
  assert.equal(started.status, 'rejected')
  assert.equal(await driver.powerState(id), 'absent')
})
