import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { promisify } from 'node:util'
import { openDatabase } from '@longhaul/oslo/db'
import type { Tables } from './db/tables.ts'
import { testDatabase, type TestDatabase } from '@longhaul/oslo/testing'

const run = promisify(execFile)
const program = join(import.meta.dirname, 'manage.ts')

interface Outcome {
  status: number
  stdout: string
  stderr: string
}

describe('keystone-manage', () => {
  let directory: string
  let fresh: TestDatabase
  before(async () => {
    directory = mkdtempSync(join(tmpdir(), 'keystone-manage-'))
    fresh = await testDatabase('keystone', directory)
    writeFileSync(
      join(directory, 'keystone.conf'),
      `[database]\nconnection = ${fresh.connection}\n[fernet_tokens]\nkey_repository = ${directory}/keys\n` +
        '[identity]\npassword_hash_rounds = 4\n',
    )
  })
  after(async () => {
    await fresh.drop()
    rmSync(directory, { recursive: true })
  })

  const manage = async (verb: readonly string[], env: Record<string, string> = {}): Promise<Outcome> => {
    const command = [
      '--conditions=source',
      program,
      '--config-file',
      join(directory, 'keystone.conf'),
      ...verb,
    ]
    try {
      const { stdout, stderr } = await run(process.execPath, command, { env: { ...process.env, ...env } })
      return { status: 0, stdout, stderr }
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
      return { status: code, stdout, stderr }
    }
  }
  const counted = async () => {
    const database = openDatabase<Tables>(fresh.connection)
    const users = await database.kysely.selectFrom('users').selectAll().execute()
    const endpoints = await database.kysely.selectFrom('endpoints').selectAll().execute()
    await database.close()
    return { users, endpoints }
  }

  it('refuses to bootstrap a database that is behind', async () => {
    const outcome = await manage(['bootstrap'], { OS_BOOTSTRAP_PASSWORD: 'secret-1' })
    assert.equal(outcome.status, 1)
    assert.match(outcome.stderr, /run `keystone-manage db_sync`/)
  })

  it('db_sync makes the schema, and may be repeated', async () => {
    assert.deepEqual(await manage(['db_sync']), { status: 0, stdout: '', stderr: '' })
    assert.equal((await manage(['db_sync'])).status, 0)
  })

  it('bootstrap needs a password', async () => {
    const outcome = await manage(['bootstrap'], { OS_BOOTSTRAP_PASSWORD: '' })
    assert.equal(outcome.status, 1)
    assert.match(outcome.stderr, /OS_BOOTSTRAP_PASSWORD/)
  })

  it('bootstrap takes its values from the environment, flags win', async () => {
    const outcome = await manage(
      ['bootstrap', '--bootstrap-username', 'root', '--bootstrap-region-id', 'R'],
      {
        OS_BOOTSTRAP_PASSWORD: 'secret-1',
        OS_BOOTSTRAP_USERNAME: 'somebody',
        OS_BOOTSTRAP_PUBLIC_URL: 'http://127.0.0.1:5000/v3',
      },
    )
    assert.deepEqual(outcome, { status: 0, stdout: '', stderr: '' })
    const { users, endpoints } = await counted()
    assert.deepEqual(
      users.map(({ name }) => name),
      ['root'],
    )
    assert.match(users[0]!.password_hash!, /^\$2[aby]\$04\$/)
    assert.deepEqual(
      endpoints.map(({ interface: side, url, region_id }) => [side, url, region_id]),
      [['public', 'http://127.0.0.1:5000/v3', 'R']],
    )
  })

  it('bootstrap may be repeated, and resets the password', async () => {
    const before = await counted()
    const flags = ['bootstrap', '--bootstrap-username', 'root', '--bootstrap-region-id', 'R']
    assert.equal((await manage(flags, { OS_BOOTSTRAP_PASSWORD: 'secret-1' })).status, 0)
    assert.deepEqual(await counted(), before)
    assert.equal((await manage(flags, { OS_BOOTSTRAP_PASSWORD: 'secret-2' })).status, 0)
    assert.notEqual((await counted()).users[0]!.password_hash, before.users[0]!.password_hash)
  })

  it('fernet_setup makes keys once, fernet_rotate a new primary', async () => {
    assert.equal((await manage(['fernet_setup'])).status, 0)
    const keys = join(directory, 'keys')
    assert.deepEqual(readdirSync(keys).toSorted(), ['0', '1'])
    const [staged, primary] = ['0', '1'].map((name) => readFileSync(join(keys, name), 'utf8'))
    assert.equal((await manage(['fernet_setup'])).status, 0)
    assert.equal(readFileSync(join(keys, '1'), 'utf8'), primary)
    assert.equal((await manage(['fernet_rotate'])).status, 0)
    assert.deepEqual(readdirSync(keys).toSorted(), ['0', '1', '2'])
    assert.equal(readFileSync(join(keys, '2'), 'utf8'), staged)
  })

  it('the Fernet verbs give new keys to a user and group, and refuse one that does not exist', async () => {
    const root = process.getuid!() === 0
    const [user, group] = root ? [65_534, 65_534] : [process.getuid!(), process.getgid!()]
    const keys = join(directory, 'keys')
    const before = readdirSync(keys)
    const refused = await manage(['fernet_rotate', '--keystone-user', 'no-such-one'])
    assert.equal(refused.status, 1)
    assert.match(refused.stderr, /unknown user "no-such-one" in --keystone-user/)
    assert.deepEqual(readdirSync(keys), before)
    rmSync(keys, { recursive: true })
    const owner = ['--keystone-user', String(user), '--keystone-group', String(group)]
    assert.equal((await manage(['fernet_setup', ...owner])).status, 0)
    for (const path of [keys, join(keys, '0'), join(keys, '1')]) {
      const { uid, gid } = statSync(path)
      assert.deepEqual([uid, gid], [user, group], path)
    }
  })

  it('doctor prints a line for each check, and tells of problems by its status', async () => {
    const [lines, json] = await Promise.all([manage(['doctor']), manage(['doctor', '--json'])])
    assert.deepEqual([lines.status, json.status], [1, 1])
    assert.match(lines.stdout, /^problem {2}password_hash .* password_hash_rounds = 4/m)
    assert.match(lines.stdout, /^ok {7}database /m)
    const findings = JSON.parse(json.stdout) as { check: string; level: string }[]
    assert.equal(findings.length, lines.stdout.trimEnd().split('\n').length)
    const conf = join(directory, 'keystone.conf')
    writeFileSync(conf, readFileSync(conf, 'utf8').replace('rounds = 4', 'rounds = 12'))
    const healed = await manage(['doctor'])
    assert.deepEqual([healed.status, healed.stdout.match(/^problem/m)], [0, null], healed.stdout)
  })

  it('explains itself and its verbs', async () => {
    const [all, one] = await Promise.all([manage(['--help']), manage(['bootstrap', '--help'])])
    assert.equal(all.status, 0)
    for (const verb of ['db_sync', 'bootstrap', 'fernet_setup', 'fernet_rotate', 'doctor']) {
      assert.ok(all.stdout.includes(`  ${verb}`), verb)
    }
    assert.equal(one.status, 0)
    assert.match(one.stdout, /Usage: keystone-manage bootstrap/)
  })

  it('says what is wrong with an unknown verb or a missing file', async () => {
    assert.equal((await manage(['nonsense'])).status, 1)
    const outcome = await manage(['--config-file', '/nowhere/keystone.conf', 'db_sync'])
    assert.equal(outcome.status, 1)
    assert.match(outcome.stderr, /^keystone-manage: .*\/nowhere\/keystone\.conf/)
  })
})
