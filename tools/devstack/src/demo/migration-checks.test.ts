import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ServiceCall } from './calls.ts'
import { migrationChecks, type MigrationFacts } from './migration-checks.ts'

const call: ServiceCall = {
  at: '2026-02-03T10:00:09.500Z',
  from: 'nova-conductor',
  to: 'cinder-api',
  method: 'DELETE',
  path: '/v3/p/attachments/a',
  status: 200,
  userTokenAge: 9,
  serviceToken: true,
  user: 'admin',
  userTokenAuditId: 'a1',
  userTokenExpired: true,
  serviceUser: 'nova',
}
const withToken: MigrationFacts = {
  serviceToken: true,
  calls: [call],
  migrationStatus: 'completed',
  moved: true,
  reason: null,
  attachments: [{ status: 'attached' }],
  volume: { id: 'v', status: 'in-use' },
  bindings: [{ host: 'compute2', status: 'ACTIVE' }],
  host: 'compute2',
}
const without: MigrationFacts = {
  ...withToken,
  serviceToken: false,
  calls: [{ ...call, status: 401, serviceToken: false, serviceUser: null, userTokenExpired: false }],
  migrationStatus: 'error',
  reason: 'Error: 401 from cinder: not authorized',
}
const wrong = (facts: MigrationFacts) =>
  migrationChecks(facts)
    .filter(({ ok }) => !ok)
    .map(({ name }) => name)

test('Both runs are as they should be', () => {
  assert.deepEqual(wrong(withToken), [])
  assert.deepEqual(wrong(without), [])
})

for (const [what, facts] of [
  ['the migration went wrong', { ...withToken, migrationStatus: 'error' }],
  ['the server stayed', { ...withToken, moved: false }],
  ['the token had not expired', { ...withToken, calls: [{ ...call, userTokenExpired: false }] }],
  ['the service token was not nova’s', { ...withToken, calls: [{ ...call, serviceUser: 'demo' }] }],
  ['cinder refused a call', { ...withToken, calls: [call, { ...call, status: 409 }] }],
  [
    'there are two attachments',
    { ...without, attachments: [{ status: 'attached' }, { status: 'attached' }] },
  ],
  ['the volume is being detached', { ...without, volume: { id: 'v', status: 'detaching' } }],
  ['the port is bound to the other host', { ...without, host: 'compute1' }],
  [
    'the port has a second binding',
    { ...without, bindings: [...withToken.bindings, { host: 'compute1', status: 'INACTIVE' }] },
  ],
  ['it was not refused', { ...without, calls: [] }],
  ['it came to its end', { ...without, migrationStatus: 'completed' }],
  ['nobody tells why', { ...without, reason: null }],
] as const satisfies [string, MigrationFacts][]) {
  test(`It is told when ${what}`, () => assert.equal(wrong(facts).length, 1))
}
