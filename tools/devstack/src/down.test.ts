import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { alone } from './alone.ts'
import { down } from './down.ts'
import { stateDirectory } from './state-directory.ts'

test('A directory without a cloud is left as it is, also by --purge, and said to have none', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'longhaul-down-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const file = join(root, 'somebody-else')
  writeFileSync(file, '')
  assert.equal(await down(root, { purge: true }), false)
  const command = ['--conditions=source', join(import.meta.dirname, 'cli.ts'), '--state-dir', root, 'down']
  const { stdout } = await promisify(execFile)(process.execPath, [...command, '--purge'])
  assert.equal(stdout, `There is no cloud in ${root}.\n`)
  assert.ok(existsSync(file))
})

test('A cloud that is down already is removed by --purge', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'longhaul-down-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  writeFileSync(stateDirectory(root).record, '{}')
  assert.equal(await down(root), true)
  assert.ok(existsSync(root))
  assert.equal(await down(root, { purge: true }), true)
  assert.ok(!existsSync(root))
})

test('What somebody else keeps beside a cloud is not removed by --purge', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'longhaul-down-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const file = join(root, 'somebody-else')
  writeFileSync(stateDirectory(root).record, '{}')
  writeFileSync(file, '')
  assert.equal(await down(root, { purge: true }), true)
  assert.ok(existsSync(file) && !existsSync(stateDirectory(root).record))
})

test('One command at a time changes a cloud', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'longhaul-down-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const state = stateDirectory(root)
  await alone(state, () => assert.rejects(down(root), { code: 'directory_in_use' }))
  assert.equal(await down(root), false)
})
