import assert from 'node:assert/strict'
import { test } from 'node:test'
import { AuthorizationFailure, ConnectFailure, httpError } from '@longhaul/keystoneauth'
import { SealError } from '@longhaul/oslo/context'
import { DriverError } from '../virt/driver.ts'
import { jobError } from './job-error.ts'

const refusal = (status: number) =>
  httpError({
    status,
    method: 'PUT',
    url: 'http://glance/v2/images/i/file',
    message: 'no',
    retryAfter: 0,
    headers: {},
    body: '',
  })

for (const [status, terminal] of [
  [400, true],
  [401, true],
  [403, true],
  [404, true],
  [408, false],
  [409, true],
  [410, true],
  [413, true],
  [429, false],
  [500, false],
  [503, false],
  [507, false],
] as const) {
  test(`A ${status} of another service is ${terminal ? 'final' : 'tried again'}`, () => {
    assert.deepEqual(jobError(refusal(status)), {
      code: `http_${status}`,
      message: `${status} for PUT http://glance/v2/images/i/file: no`,
      terminal,
    })
  })
}

test("The hypervisor's errors are told as they are", () => {
  const error = new DriverError('monitor_lost', 'QEMU does not answer', { terminal: false })
  assert.deepEqual(jobError(error), {
    code: 'monitor_lost',
    message: 'QEMU does not answer',
    terminal: false,
  })
})

test('No address, path or text of the unexpected reaches conductors, who show it to users', () => {
  const disk = Object.assign(new Error('ENOSPC: no space left on device, open /var/lib/x'), {
    code: 'ENOSPC',
  })
  const cases: [unknown, string, boolean][] = [
    [new ConnectFailure('PUT http://10.0.0.7:9292/: ECONNREFUSED'), 'connect_failure', false],
    [new AuthorizationFailure('no token'), 'authorization_failure', true],
    [new SealError('seal_recipient', 'for 10.0.0.7'), 'seal_recipient', true],
    [disk, 'host_disk_failed', true],
    [new TypeError('x of /var/lib/y'), 'job_failed', true],
    [undefined, 'job_failed', true],
  ]
  for (const [error, code, terminal] of cases) {
    const told = jobError(error)
    assert.deepEqual([told.code, told.terminal], [code, terminal])
    assert.doesNotMatch(told.message, /10\.0\.0\.7|\/var/)
  }
})
