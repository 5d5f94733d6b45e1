import assert from 'node:assert/strict'
import { existsSync } from 'node:fs'
import { test } from 'node:test'
import type { Progress } from '../../jobs-protocol.ts'
import { countingGuest } from './fixtures/lab.ts'
import { held, neverBack } from './fixtures/held-migration.ts'
import { operation, TwoHosts } from './fixtures/two-hosts.ts'
import { volumeName } from './volume-node.ts'

const forEver = new AbortController().signal
/** Memory that a guest fills, so that there is something to send. */
const filled = 2
const backup = { operation: 'b', bandwidth: 0, running: true, signal: forEver, onProgress: () => {} }

test('A machine whose disk both hosts have moves without a gap, and its devices with it', async (t) => {
  const hosts = await TwoHosts.with(t, { shared: true })
  const { id } = hosts
  const server = hosts.source.volumeServer()
  const volume = await server.volume('v1')
  await server.start()
  await hosts.from.attachVolume(id, volume)
  const machine = await hosts.from.describe(id)
  const stale = { ...machine, disk: { ...machine.disk, probe: 'of another time' } }
  for (const [wrong, code] of [
    [{}, 'machine_mismatch'],
    [{ volumes: [volume], block: true }, 'storage_shared'],
    [{ volumes: [volume], block: false, machine: stale }, 'storage_not_shared'],
    [{ volumes: [volume], machine: stale }, 'disk_present'],
  ] as const) {
    await assert.rejects(hosts.prepare(wrong), { code, terminal: true })
    await assert.rejects(hosts.to.describe(id), { code: 'guest_absent' })
  }
  const destination = await hosts.prepare({ volumes: [volume], machine: await hosts.from.describe(id) })
  assert.equal(destination.disk, undefined)
  assert.deepEqual(await hosts.prepare({ volumes: [volume] }), destination)
  assert.deepEqual(await hosts.states(), { from: 'running', to: 'absent' })
  assert.deepEqual(await hosts.to.list(), [])
  await assert.rejects(hosts.to.start(id), { code: 'guest_migrating', terminal: true })
  const seen: Required<Progress>[] = []
  const moved = await hosts.migrate(destination, { onProgress: (progress) => void seen.push(progress) })
  assert.deepEqual(moved, { running: true, post_copy: false })
  assert.deepEqual(await hosts.migrate(destination), moved)
  assert.deepEqual(await hosts.states(), { from: 'paused', to: 'absent' })
  await assert.rejects(hosts.from.unpause(id), { code: 'guest_migrating' })
  assert.deepEqual(await hosts.finish(moved), { restarted: false })
  assert.deepEqual(await hosts.finish(moved), { restarted: false })
  await assert.rejects(hosts.to.abandonIncoming(id, operation), { code: 'guest_present' })
  await hosts.goesOnThere()
  await hosts.from.confirmSource(id, operation)
  await hosts.from.confirmSource(id, operation)
  assert.deepEqual(await hosts.states(), { from: 'absent', to: 'running' })
  const { memory, disk, done, total } = seen.at(-1)!
  assert.deepEqual([memory.remaining, disk.total, done], [0, 0, total])
  neverBack(seen)

  const nodes = async () =>
    (
      await (
        await hosts.destination.operator(id)
      ).execute<{ 'node-name': string }[]>('query-named-block-nodes')
    )
      .map((node) => node['node-name'])
      .filter((name) => name === volumeName('v1'))
  assert.equal((await nodes()).length, 1)
  await hosts.to.reboot(id, { operation: 'later', graceMilliseconds: 0, signal: forEver })
  assert.equal((await nodes()).length, 1)
  await hosts.to.suspend(id, forEver)
  await hosts.to.resume(id)
  await hosts.destination.tick(id, hosts.destination.lastTick(id) + 1)
})

test('A machine that stands still arrives so, and is let go on there', async (t) => {
  const hosts = await TwoHosts.with(t, { shared: true })
  await hosts.from.pause(hosts.id)
  const moved = await hosts.migrate(await hosts.prepare())
  assert.deepEqual(moved, { running: false, post_copy: false })
  await hosts.finish(moved)
  await hosts.from.confirmSource(hosts.id, operation)
  assert.deepEqual(await hosts.states(), { from: 'absent', to: 'paused' })
  await hosts.to.unpause(hosts.id)
  await hosts.destination.tick(hosts.id, 4)
})

test('A migration that is cancelled leaves the machine as it was, and the next one works', async (t) => {
  const hosts = await TwoHosts.with(t, { shared: true }, countingGuest(filled))
  const { id } = hosts
  const { options, underWay, abort, seen } = held()
  const machine = await hosts.from.describe(id)
  const destination = await hosts.prepare({ machine })
  const cancelled = assert.rejects(hosts.migrate(destination, options), {
    code: 'migration_cancelled',
    terminal: true,
  })
  await underWay
  await assert.rejects(hosts.from.confirmSource(id, operation), { code: 'guest_not_moved' })
  const refused = { code: 'guest_migrating', terminal: true }
  await assert.rejects(hosts.migrate(destination, { operation: 'other' }), refused)
  await assert.rejects(hosts.prepare({ operation: 'other', machine }), refused)
  await assert.rejects(hosts.from.reclaimSource(id, 'other'), refused)
  await assert.rejects(hosts.to.abandonIncoming(id, 'other'), refused)
  for (const change of [hosts.from.describe(id), hosts.from.pause(id), hosts.from.backup(id, backup)]) {
    await assert.rejects(change, refused)
  }
  abort.abort()
  await cancelled
  assert.ok(seen.at(-1)!.memory.processed > 0)
  neverBack(seen)
  await hosts.undo()
  await hosts.undo()
  assert.deepEqual(await hosts.states(), { from: 'running', to: 'absent' })
  assert.ok(existsSync(hosts.source.paths(id).disk))
  await hosts.goesOnHere()
  await hosts.from.suspend(id, forEver)
  await hosts.from.resume(id)
  await hosts.finish(await hosts.migrate(await hosts.prepare()))
  await hosts.goesOnThere()
})

test('A machine goes on where it was, whatever has become of its destination', async (t) => {
  const hosts = await TwoHosts.with(t, { shared: true }, countingGuest(filled))
  const { id } = hosts
  const stays = async () => {
    await hosts.undo()
    assert.deepEqual(await hosts.states(), { from: 'running', to: 'absent' })
    await hosts.goesOnHere()
  }
  // It dies.
  const { options, underWay } = held()
  const failed = { code: 'migration_failed', terminal: true }
  const fails = assert.rejects(hosts.migrate(await hosts.prepare(), options), failed)
  await underWay
  process.kill(hosts.destination.process(id).pid, 'SIGKILL')
  await fails
  await assert.rejects(hosts.finish({ running: true, post_copy: false }), { code: 'guest_stopped' })
  await stays()
  // It gives up what was sent as a whole.
  const moved = await hosts.migrate(await hosts.prepare())
  assert.deepEqual(moved, { running: true, post_copy: false })
  await stays()
  // The source has gone on against all rules: it keeps the disk.
  await hosts.migrate(await hosts.prepare())
  await (await hosts.source.operator(id)).execute('cont')
  await assert.rejects(hosts.finish(moved), { code: 'guest_refuses', terminal: true })
  await assert.rejects(hosts.from.confirmSource(id, operation), { code: 'guest_not_moved' })
  await stays()
})

test('The death of the source fails the migration for good; its disk is left, and the machine can be started', async (t) => {
  const hosts = await TwoHosts.with(t, { shared: true }, countingGuest(filled))
  const { options, underWay } = held()
  const failed = assert.rejects(hosts.migrate(await hosts.prepare(), options), { code: 'guest_stopped' })
  await underWay
  process.kill(hosts.source.process(hosts.id).pid, 'SIGKILL')
  await failed
  await hosts.undo()
  assert.deepEqual(await hosts.states(), { from: 'shutdown', to: 'absent' })
  await hosts.from.start(hosts.id)
  await hosts.source.tick(hosts.id, 1)
})
