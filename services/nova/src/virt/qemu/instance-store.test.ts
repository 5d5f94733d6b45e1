import assert from 'node:assert/strict'
import { existsSync, mkdirSync, readdirSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { scratch } from './fixtures/scratch.ts'
import { InstanceStore } from './instance-store.ts'

const stored = { name: 'vm', vcpus: 1, memoryMb: 64, image: 'i1', volumes: [], ports: [] }
const guest = { pid: 7, startTime: '42' }

test('What a machine is started with, its process and its reboot are kept for the next agent', (t) => {
  const directory = scratch(t)
  const store = new InstanceStore(directory)
  assert.deepEqual([store.ids(), store.exists('s1'), store.guest('s1')], [[], false, undefined])
  store.create('s1', stored)
  store.create('s1', stored)
  store.remember('s1', guest)
  store.setReboot('s1', { operation: 'op', process: null })
  const next = new InstanceStore(directory)
  assert.deepEqual([next.ids(), next.exists('s1')], [['s1'], true])
  assert.deepEqual(next.guest('s1'), stored)
  assert.deepEqual(next.process('s1'), guest)
  assert.deepEqual(next.reboot('s1'), { operation: 'op', process: null })
  assert.equal(statSync(next.paths('s1').directory).mode & 0o777, 0o700)
  next.remove('s1')
  next.remove('s1')
  assert.deepEqual(next.ids(), [])
})

test('A machine whose removal was broken off is gone, and its disk stays if another host has it', (t) => {
  const [directory, disks] = [scratch(t), scratch(t)]
  const store = new InstanceStore(directory, disks)
  store.create('s1', stored)
  const paths = store.paths('s1')
  writeFileSync(paths.disk, 'd')
  assert.deepEqual(store.disks(), [paths.disk])
  mkdirSync(join(directory, 'instances/.removed-s2'))
  assert.deepEqual(store.ids(), ['s1'])
  const next = new InstanceStore(directory, disks)
  assert.deepEqual(readdirSync(join(directory, 'instances')), ['s1'])
  next.remove('s1', { keepDisk: true })
  assert.deepEqual([next.exists('s1'), existsSync(paths.disk)], [false, true])
  next.create('s1', stored)
  next.remove('s1')
  assert.deepEqual([next.exists('s1'), existsSync(paths.disk)], [false, false])
})

test('A machine of an earlier release has no devices', (t) => {
  const store = new InstanceStore(scratch(t))
  store.create('s1', stored)
  const { volumes: _v, ports: _p, ...old } = stored
  writeFileSync(store.paths('s1').guest, JSON.stringify(old))
  assert.deepEqual(store.guest('s1'), stored)
})

test('Records that the disk has lost count as none', (t) => {
  const store = new InstanceStore(scratch(t))
  store.create('s1', stored)
  const { record, guest: file, reboot } = store.paths('s1')
  for (const path of [record, file, reboot]) writeFileSync(path, '{"pid":')
  assert.deepEqual(
    [store.process('s1'), store.guest('s1'), store.reboot('s1')],
    [undefined, undefined, undefined],
  )
})

test('The memory is forgotten with what was written of a new one', (t) => {
  const store = new InstanceStore(scratch(t))
  store.create('s1', stored)
  const { memory } = store.paths('s1')
  writeFileSync(memory, 'm')
  writeFileSync(`${memory}.new`, 'n')
  assert.ok(store.isSuspended('s1'))
  store.forgetMemory('s1')
  store.forgetMemory('s1')
  assert.ok(!store.isSuspended('s1') && !existsSync(`${memory}.new`))
})
