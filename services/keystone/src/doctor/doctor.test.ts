import assert from 'node:assert/strict'
import { chmodSync, existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { openDatabase } from '@longhaul/oslo/db'
import { policyRules } from '../policy-rules.ts'
import { testDatabase } from '@longhaul/oslo/testing'
import { testKeystone, type TestKeystone } from '../testing/keystone.ts'
import { checkOptions, checkPasswordCost, checkPolicyFile } from './configuration.ts'
import { checkClock, checkDatabase } from './database.ts'
import { examine, report } from './doctor.ts'
import { checkEndpoints } from './endpoints.ts'
import type { Finding } from './finding.ts'

const texts = (findings: readonly Finding[]) => findings.map(({ level, message }) => `${level}: ${message}`)
const only = (findings: readonly Finding[], expected: RegExp) => {
  assert.equal(findings.length, 1, texts(findings).join('\n'))
  assert.match(texts(findings)[0]!, expected)
}

describe('what the doctor says of a running installation', () => {
  let keystone: TestKeystone
  before(async () => {
    keystone = await testKeystone()
  })
  after(() => keystone.close())

  it('is one line for each check', async () => {
    const { settings, clock } = keystone
    const findings = await examine({ settings, warnings: [], rules: policyRules, now: new Date() })
    const levels = Object.fromEntries(findings.map(({ check, level }) => [check, level]))
    assert.deepEqual(levels, {
      configuration: 'ok',
      key_repository: 'ok',
      fernet_keys: 'ok',
      database: 'ok',
      clock: 'ok',
      public_endpoint: 'ok',
      // The tests' own.
      password_hash: 'problem',
      policy_file: 'ok',
    })
    assert.equal(report(findings).trimEnd().split('\n').length, findings.length)
    assert.match(report(findings), /^ok {7}key_repository {3}/m)
    assert.ok(clock.now > 0)
  })

  it('names a clock that stands before what has happened', async () => {
    const now = new Date('2026-01-02T00:00:00Z')
    const seconds = now.getTime() / 1000
    only(await checkClock(keystone.database, now, [seconds + 1]), /^ok: it is 2026-01-02T00:00:00/)
    only(
      await checkClock(keystone.database, now, [seconds + 7200]),
      /^problem: a Fernet key was made 2 hours after the present time/,
    )
    const admin = await keystone.loginWith('admin', 'admin-pass')
    await keystone.call('DELETE', '/v3/auth/tokens', { token: admin, subject: admin })
    const revoked = keystone.clock.now - 30 * 60_000
    only(
      await checkClock(keystone.database, new Date(revoked), []),
      /^problem: a token was revoked 30 minutes after the present time/,
    )
  })

  it('names an identity service that clients do not find', async () => {
    const { database } = keystone
    only(
      await checkEndpoints(database, 'http://127.0.0.1:5000'),
      /^ok: .*found at http:\/\/127.0.0.1:5000\/v3/,
    )
    only(await checkEndpoints(database, 'http://127.0.0.1:5000/'), /^ok/)
    only(await checkEndpoints(database, undefined), /^note: .*public_endpoint is not set/)
    only(await checkEndpoints(database, 'http://127.0.0.1:5001'), /^problem: the catalog shows/)
    const findings = await checkEndpoints(database, 'http://keystone.example.org')
    assert.match(texts(findings).join('\n'), /note: http:\/\/keystone\.example\.org is not https/)
    await database.kysely
      .updateTable('endpoints')
      .set({ enabled: 0 })
      .where('interface', '=', 'public')
      .execute()
    only(
      await checkEndpoints(database, 'http://127.0.0.1:5000'),
      /^problem: the catalog has no public endpoint/,
    )
  })
})

describe('what the doctor says of a database', () => {
  const directory = mkdtempSync(join(tmpdir(), 'doctor-'))
  after(() => rmSync(directory, { recursive: true }))

  it('that is not there, and does not make it', async () => {
    const path = join(directory, 'absent.db')
    only(await checkDatabase(`sqlite:///${path}`, []), /^problem: there is no database at .*absent\.db/)
    assert.equal(existsSync(path), false)
  })

  it('that cannot be reached', async () => {
    only(
      await checkDatabase('postgresql://keystone:secret@127.0.0.1:1/keystone', []),
      /^problem: the database cannot be asked(?!.*secret)/,
    )
  })

  it('that is behind', async () => {
    const fresh = await testDatabase('keystone', directory)
    const opened = openDatabase(fresh.connection)
    await opened.close()
    only(
      await checkDatabase(fresh.connection, []),
      /^problem: the database lacks migrations.*keystone-manage db_sync/,
    )
    await fresh.drop()
  })

  it('that others may read', async () => {
    const path = join(directory, 'open.db')
    const opened = openDatabase(`sqlite:///${path}`)
    await opened.close()
    chmodSync(path, 0o644)
    const findings = texts(await checkDatabase(`sqlite:///${path}`, []))
    assert.match(findings[0]!, /^problem: others than its owner may open .* \(mode 644\)/)
    assert.match(findings[1]!, /^problem: the database lacks migrations/)
  })
})

describe('what the doctor says of the configuration', () => {
  const directory = mkdtempSync(join(tmpdir(), 'doctor-'))
  const file = join(directory, 'policy.yaml')
  after(() => rmSync(directory, { recursive: true }))
  const policy = (text: string, mode = 0o644) => {
    writeFileSync(file, text)
    chmodSync(file, mode)
    return checkPolicyFile(policyRules, file)
  }

  it('repeats its warnings', () => {
    only(checkOptions([]), /^ok/)
    only(checkOptions(['keystone.conf:1: old']), /^note: keystone\.conf:1: old/)
  })

  it('knows hashes that are too cheap or too dear', () => {
    only(checkPasswordCost(9), /^problem: .* at least 10/)
    only(checkPasswordCost(10), /^ok/)
    only(checkPasswordCost(14), /^ok/)
    only(checkPasswordCost(15), /^problem: .* at most 14/)
  })

  it('reads the policy file', () => {
    only(checkPolicyFile(policyRules, undefined), /^ok: no /)
    only(policy('"identity:list_users": "rule:admin_required"'), /^ok/)
    only(policy('"identity:list_users": "rule:"nonsense'), /^problem: .*policy\.yaml/)
    only(policy('"identity:lst_users": "!"'), /^note: .*identity:lst_users/)
    only(policy('"identity:list_users": "!"', 0o666), /^problem: others .* may change .* \(mode 666\)/)
    only(
      checkPolicyFile(policyRules, join(directory, 'absent.yaml')),
      /^problem: .*cannot be read \(ENOENT\)/,
    )
  })
})
