import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { up } from './up.ts'

const quietly = { settings: { driver: 'fake' }, renderer: 'silent' } as const

test('A directory with files of somebody else gets no cloud', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'longhaul-up-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  writeFileSync(join(root, 'somebody-else'), '')
  await assert.rejects(up({ root, ...quietly }), { code: 'directory_not_empty' })
  assert.deepEqual(readdirSync(root), ['somebody-else'])
})

test('One port for two services is refused before anything is written', async (t) => {
  const root = mkdtempSync(join(tmpdir(), 'longhaul-up-'))
  t.after(() => rmSync(root, { recursive: true, force: true }))
  const ports = { keystone: 45_001, glance: 45_001 }
  await assert.rejects(up({ root, ports, ...quietly }), {
    code: 'port_twice',
    message: /45001.*keystone.*glance/,
  })
  assert.deepEqual(readdirSync(root), [])
})
