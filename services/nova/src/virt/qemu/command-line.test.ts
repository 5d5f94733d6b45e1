import assert from 'node:assert/strict'
import { test } from 'node:test'
import { commandLine, runsGuest } from './command-line.ts'

const hardware = { machine: 'pc-q35-7.2', slots: 9 }
const spec = { id: 'a-guest', vcpus: 2, memoryMb: 64, hardware, plugs: [] }
const paths = { disk: '/state/instances/a-guest/disk.qcow2', console: '/state/instances/a-guest/console.log' }
const settings = { accel: 'kvm:tcg' }

/** The values after each occurrence of an option. */
function valuesOf(args: readonly string[], option: string): string[] {
  return args.flatMap((arg, index) => (arg === option ? [args[index + 1] ?? ''] : []))
}

test('A machine is started as it was ordered, with the accelerators in turn', () => {
  const args = commandLine(spec, paths, settings)
  assert.deepEqual(valuesOf(args, '-accel'), ['kvm', 'tcg'])
  assert.deepEqual(
    ['-machine', '-smp', '-m', '-uuid'].map((option) => valuesOf(args, option)[0]),
    ['pc-q35-7.2', '2', '64', 'a-guest'],
  )
  assert.deepEqual(valuesOf(args, '-incoming'), [])
})

test('A suspended machine reads its memory first and waits to be let go on', () => {
  const args = commandLine(spec, paths, settings, { memory: true })
  assert.deepEqual(args.slice(-3), ['-S', '-incoming', 'fd:3'])
})

test('The console is appended to, and a comma in its path is one', () => {
  const args = commandLine(spec, { ...paths, console: '/a,b' }, settings)
  assert.deepEqual(valuesOf(args, '-chardev'), ['file,id=console0,path=/a,,b,append=on'])
})

test('A machine is known by its disk and console, whatever is in their paths, and by no other', () => {
  for (const disk of [paths.disk, '/state/a "b" \\c/disk.qcow2']) {
    const own = { disk, console: '/a,b' }
    assert.ok(runsGuest(commandLine(spec, own, settings), own))
  }
  const args = commandLine(spec, paths, settings)
  for (const disk of ['/state/instances/a-guest', `${paths.disk}.new`, '/other/disk.qcow2']) {
    assert.ok(!runsGuest(args, { ...paths, disk }))
  }
  assert.ok(!runsGuest(args, { ...paths, console: '/other-host/console.log' }))
  assert.ok(!runsGuest(['qemu-img', 'convert', paths.disk, 'x'], paths))
})

test('A machine of another host waits for what is sent, and then to be let go on', () => {
  assert.deepEqual(commandLine(spec, paths, settings, { incoming: true }).slice(-3), [
    '-S',
    '-incoming',
    'defer',
  ])
})
