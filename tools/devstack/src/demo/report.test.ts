import assert from 'node:assert/strict'
import { test } from 'node:test'
import { callsFor } from './calls.ts'
import { image, issuedAt, logsOf, period, requestId, server } from './fixtures/sample-logs.ts'
import { reportOf } from './report.ts'
import type { DemoRun } from './run.ts'

const run: DemoRun = {
  useCase: 'snapshot',
  serviceToken: true,
  tokenTtl: 5,
  duration: 9.94,
  calls: callsFor(logsOf('with'), period, requestId, issuedAt),
  imageStatus: 'active',
  serverStatus: 'ACTIVE',
  taskState: null,
  guestGap: 0,
  reason: null,
  checks: [{ name: 'the image is active', ok: true, detail: 'found active, not active' }],
  ok: true,
}

test('A run is told with its calls, the age of the token at each, and what came of it', () => {
  assert.deepEqual(reportOf(run).split('\n'), [
    'Snapshot with a service token (send_service_user_token = true)',
    '  the token of who asks lives 5 s; it took 9.9 s',
    '',
    '  seconds  from           to             X-Auth-Token           X-Service-Token answer  call',
    '      0.0  nova-api       glance-api     demo, 0.3 s            nova            201     POST /v2/images',
    `      0.1  user           nova-api       demo, 0.4 s            -               202     POST /v2.1/servers/${server.slice(0, 8)}/action`,
    `      9.4  nova-conductor glance-api     demo, 9.7 s, expired   nova            200     PATCH /v2/images/${image.slice(0, 8)}`,
    `      9.5  nova-compute   glance-api     demo, 9.8 s, expired   nova            200     GET /v2/images/${image.slice(0, 8)}`,
    `      9.6  nova-compute   glance-api     demo, 9.9 s, expired   nova            204     PUT /v2/images/${image.slice(0, 8)}/file`,
    '',
    '  image active, server ACTIVE, task_state None, missing counts of the guest: 0',
    '  ok     the image is active',
    '',
  ])
})

test('A refused call tells how old the token was, and what is wrong tells what was found', () => {
  const text = reportOf({
    ...run,
    serviceToken: false,
    calls: callsFor(logsOf('without'), period, requestId, issuedAt),
    imageStatus: 'deleted',
    taskState: 'image_uploading',
    guestGap: null,
    reason: '401 from glance: not authorized',
    checks: [{ name: 'the image is deleted', ok: false, detail: 'found queued, not deleted' }],
    ok: false,
  })
  assert.match(text, /^Snapshot without a service token \(send_service_user_token = false\)/)
  assert.match(text, /nova-conductor glance-api {5}\?, 9\.7 s {15}- {15}401/)
  assert.match(text, /task_state image_uploading, missing counts of the guest: no guest/)
  assert.match(text, / {2}reason in the instance action: 401 from glance: not authorized/)
  assert.match(text, / {2}WRONG {2}the image is deleted: found queued, not deleted/)
})

test('A migration is told with its status', () => {
  const { imageStatus: _, ...common } = run
  const text = reportOf({ ...common, useCase: 'block', migrationStatus: 'completed' })
  assert.match(text, /^Block live migration with a service token/)
  assert.match(text, /\n {2}migration completed, server ACTIVE, task_state None/)
})

test('A run without a call is told all the same', () => {
  assert.match(reportOf({ ...run, calls: [] }), /answer {2}call\n\n {2}image active/)
})
