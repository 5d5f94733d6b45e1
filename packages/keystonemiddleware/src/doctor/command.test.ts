import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, describe, it } from 'node:test'
import { fakeKeystone } from '@longhaul/keystoneauth/testing'

const command = join(import.meta.dirname, 'command.ts')
const directory = mkdtempSync(join(tmpdir(), 'lh-doctor-'))

/** Runs the command; a service token is written to its standard input. */
function run(args: readonly string[], input = ''): Promise<{ status: number; out: string; err: string }> {
  return new Promise((resolve) => {
    const options = { env: { PATH: process.env['PATH'] } }
    const child = execFile(
      process.execPath,
      ['--conditions=source', command, ...args],
      options,
      (error, out, err) => resolve({ status: Number(error?.code ?? 0), out, err }),
    )
    child.stdin?.end(input)
  })
}

describe('auth-token-doctor', () => {
  after(() => rmSync(directory, { recursive: true, force: true }))

  it('prints what it finds; the status is 0, 1 with a problem, 2 when it could not try', async () => {
    const keystone = await fakeKeystone()
    const file = join(directory, 'service.conf')
    writeFileSync(
      file,
      `[keystone_authtoken]
auth_type = password
auth_url = ${keystone.url}
username = glance
password = secret
user_domain_id = default
`,
    )
    const good = keystone.issue({ roleNames: ['service'] }).token
    const bad = keystone.issue({ roleNames: ['member'] }).token
    const args = ['--config-file', file, '--service-token-file', '-']
    const [well, ill, wrong] = await Promise.all([
      run(args, `${good}\n`),
      run([...args, '--json'], bad),
      run(['--config-file', file, '--group', 'elsewhere']),
    ])
    await keystone.close()
    assert.equal(well.status, 0, well.err)
    assert.match(well.out, /^ok {7}own_token: .*\n/m)
    assert.match(well.out, /^ok {7}service_token: .* by the role service$/m)
    assert.equal(ill.status, 1)
    const problems = (JSON.parse(ill.out) as { level: string; check: string }[]).filter(
      ({ level }) => level === 'problem',
    )
    assert.deepEqual(
      problems.map(({ check }) => check),
      ['service_token'],
    )
    assert.equal(wrong.status, 2)
    assert.match(wrong.err, /^auth-token-doctor: .*auth_type/s)
  })
})
