import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { isAbsolute, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { findQemu, QemuMissingError, QmpClient } from './index.ts'

function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'qemu-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return directory
}

test('QEMU is found, with its version, and its monitor is spoken to', async (t) => {
  const qemu = await findQemu()
  assert.match(qemu.version, /^\d+\.\d+/)
  assert.ok(isAbsolute(qemu.img))
  const path = join(scratch(t), 'qmp')
  const parameters = [
    '-machine',
    'none',
    '-nodefaults',
    '-display',
    'none',
    '-qmp',
    `unix:${path},server=on,wait=off`,
  ]
  const child = spawn(qemu.system, parameters, { stdio: 'ignore' })
  t.after(() => child.kill('SIGKILL'))
  const exit = once(child, 'exit')
  const client = await QmpClient.connect(path)
  const shutdown = client.waitFor(({ event }) => event === 'SHUTDOWN')
  const { qemu: number } = await client.execute<{ qemu: { major: number } }>('query-version')
  assert.equal(number.major, Number.parseInt(qemu.version, 10))
  await assert.rejects(client.execute('device_del', { id: 'x' }), {
    code: 'qmp_command_failed',
    class: 'DeviceNotFound',
  })
  await client.execute('quit')
  assert.equal((await shutdown).data?.['reason'], 'host-qmp-quit')
  assert.deepEqual(await exit, [0, null])
})

test('What is missing of QEMU is named, with the packages that bring it', async (t) => {
  const directory = scratch(t)
  const before = process.env['PATH']
  t.after(() => (process.env['PATH'] = before))
  process.env['PATH'] = directory
  await assert.rejects(findQemu(), (error) => {
    assert.ok(error instanceof QemuMissingError)
    assert.match(error.message, /missing: qemu-system-x86_64, qemu-img\): .* qemu-system-x86 qemu-utils$/)
    return true
  })
  writeFileSync(join(directory, 'qemu-system-x86_64'), '', { mode: 0o755 })
  await assert.rejects(findQemu(), /missing: qemu-img\)/)
})
