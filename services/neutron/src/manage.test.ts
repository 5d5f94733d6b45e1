import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { testDatabase } from '@longhaul/oslo/testing'

const program = join(import.meta.dirname, 'manage.ts')

function run(...args: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--conditions=source', program, ...args], (error, out, err) => {
      resolve({ code: typeof error?.code === 'number' ? error.code : 0, out, err })
    })
  })
}

test('the verbs tell the truth before and after, and what is wrong ends with a sentence', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'neutron-manage-'))
  const { connection, drop } = await testDatabase('neutron')
  t.after(async () => {
    await rm(directory, { recursive: true })
    await drop()
  })
  const url = connection === 'sqlite://' ? `sqlite:///${join(directory, 'db/neutron.db')}` : connection
  const file = join(directory, 'neutron.conf')
  await writeFile(file, `[database]\nconnection = ${url}\n`)
  const verb = (...args: string[]) => run('--config-file', file, ...args)
  assert.equal((await verb('has_offline_migrations')).code, 1)
  assert.deepEqual(await verb('upgrade', 'heads'), {
    code: 0,
    out: 'database: applied 0001-networks\n',
    err: '',
  })
  assert.equal((await verb('upgrade')).out, 'database: nothing to do\n')
  assert.equal((await verb('has_offline_migrations')).code, 0)
  assert.match((await verb('upgrade', 'kilo')).err, /^neutron-db-manage: only heads .*\n$/)
})
