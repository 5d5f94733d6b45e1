import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callsFor, logLines } from './calls.ts'

const period = { from: Date.parse('2026-01-01T00:00:10Z'), to: Date.parse('2026-01-01T00:00:30Z') }

const request = 'req-a'

function line(fields: Record<string, unknown>): string {
  return JSON.stringify({
    time: '2026-01-01T00:00:20.000Z',
    msg: 'request',
    method: 'PUT',
    path: '/v2/images/i1/file',
    status: 204,
    user_agent: 'nova-compute longhaul-keystoneauth/0.1.0 node/24.0.0',
    ...fields,
  })
}

function calls(...lines: string[]) {
  return callsFor([{ service: 'glance-api', text: lines.join('\n') }], period, request)
}

test('A call with both tokens is told with the age of the user token', () => {
  const userToken = {
    audit_id: 'a1',
    user: 'demo',
    issued_at: '2026-01-01T00:00:08.000000Z',
    expires_at: '2026-01-01T00:00:13.000000Z',
    expired: true,
  }
  assert.deepEqual(calls(line({ user_token: userToken, service_token: { user: 'nova' } })), [
    {
      at: '2026-01-01T00:00:20.000Z',
      from: 'nova-compute',
      to: 'glance-api',
      method: 'PUT',
      path: '/v2/images/i1/file',
      status: 204,
      userTokenAge: 12,
      serviceToken: true,
      user: 'demo',
      userTokenAuditId: 'a1',
      userTokenExpired: true,
      serviceUser: 'nova',
    },
  ])
})

test('A refused call has no token age', () => {
  const [call] = calls(line({ status: 401 }))
  assert.deepEqual([call?.status, call?.userTokenAge, call?.serviceToken], [401, null, false])
})

test('Calls outside of the period are left out', () => {
  const outside = ['2026-01-01T00:00:09.999Z', '2026-01-01T00:00:30.001Z'].map((time) => line({ time }))
  const edges = ['2026-01-01T00:00:10.000Z', '2026-01-01T00:00:30.000Z'].map((time) => line({ time }))
  assert.deepEqual(
    calls(...outside, ...edges).map((call) => call.at),
    ['2026-01-01T00:00:10.000Z', '2026-01-01T00:00:30.000Z'],
  )
})

test('Heartbeats, health checks and polling by clients are left out', () => {
  const polling = { method: 'GET', path: '/v2.1/servers/s1' }
  const found = calls(
    line({ path: '/internal/v1/hosts/compute1' }),
    line({ path: '/healthcheck', user_agent: 'node' }),
    line({ ...polling, user_agent: 'longhaul longhaul-keystoneauth/0.1.0' }),
    line({ ...polling, user_agent: 'python-novaclient' }),
    line({
      method: 'POST',
      path: '/v2.1/servers/s1/action',
      user_agent: 'longhaul x/1',
      global_request_id: request,
    }),
  )
  assert.deepEqual(
    found.map((call) => [call.from, call.method]),
    [['user', 'POST']],
  )
})

test('Calls for other requests are left out, and what clients ask for without one', () => {
  const other = 'req-b'
  const found = calls(
    line({ path: '/ours', global_request_id: request }),
    line({ path: '/theirs', global_request_id: other }),
    line({ path: '/login' }),
    line({ path: '/set-up', user_agent: 'longhaul x/1' }),
  )
  assert.deepEqual(
    found.map((call) => call.path),
    ['/ours', '/login'],
  )
})

test('Calls of several logs come in order of time', () => {
  const logs = [
    { service: 'glance-api', text: line({ time: '2026-01-01T00:00:22Z' }) },
    { service: 'keystone', text: line({ time: '2026-01-01T00:00:21Z' }) },
  ]
  assert.deepEqual(
    callsFor(logs, period, request).map((call) => call.to),
    ['keystone', 'glance-api'],
  )
})

test('Lines that are not JSON are passed over', () => {
  assert.equal(logLines('Error: broken\n    at x\n{"time":"t","msg":"ok"}\n{"cut').length, 1)
})
