import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { testDatabase } from '@longhaul/oslo/testing'

const program = join(import.meta.dirname, 'manage.ts')

/** `cinder-manage` with a configuration for an empty database. */
async function manage(t: TestContext) {
  const directory = await mkdtemp(join(tmpdir(), 'cinder-manage-'))
  const { connection, drop } = await testDatabase('cinder')
  t.after(async () => {
    await rm(directory, { recursive: true })
    await drop()
  })
  const url = connection === 'sqlite://' ? `sqlite:///${join(directory, 'db/cinder.db')}` : connection
  const file = join(directory, 'cinder.conf')
  await writeFile(file, `[database]\nconnection = ${url}\n`)
  return (...verb: string[]) => run(['--config-file', file, ...verb])
}

function run(args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--conditions=source', program, ...args], (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err })
    })
  })
}

test('db check, sync and version tell the truth before and after', async (t) => {
  const verb = await manage(t)
  const before = await verb('db', 'check')
  assert.equal(before.code, 3)
  assert.match(before.out, /cinder-manage db sync/)
  const synced = await verb('db', 'sync')
  assert.deepEqual([synced.code, synced.out], [0, 'database: applied 0001-volumes\n'])
  assert.equal((await verb('db', 'version')).out, '0001-volumes\n')
  assert.equal((await verb('db', 'check')).code, 0)
})

test('what is wrong ends with a code other than 0 and no stack', async () => {
  const missing = await run(['--config-file', '/nonexistent.conf', 'db', 'sync'])
  assert.notEqual(missing.code, 0)
  assert.match(missing.err, /^cinder-manage: /)
  assert.doesNotMatch(missing.err, / {4}at /)
})
