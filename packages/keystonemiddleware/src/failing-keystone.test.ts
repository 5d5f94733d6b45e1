import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import type { Failure } from '@longhaul/keystoneauth/testing'
import { lifetime, startLab, type ApplicationSettings } from './fixtures/lab.ts'
import { play, unavailability, type Play } from './fixtures/play.ts'
import { recordedCase, type RecordedAnswer } from './fixtures/recorded.ts'

const delayed: ApplicationSettings = { overrides: { delay_auth_decision: true } }
const status = (code: number): Failure => ({ kind: 'status', status: code })
const passedOn = recordedCase('Keystone down: delay') as Partial<RecordedAnswer>

const failures: { name: string; failure: Failure; settings?: ApplicationSettings; how?: Play }[] = [
  { name: 'Keystone answers 500 to the validation (delay)', failure: status(500), settings: delayed },
  { name: 'Keystone answers 503 to the validation (no delay)', failure: status(503) },
  { name: 'Keystone answers 503 to the validation (delay)', failure: status(503), settings: delayed },
  { name: 'Keystone answers 401 to the validation (delay)', failure: status(401), settings: delayed },
  { name: 'Keystone answers 403 to the validation (no delay)', failure: status(403) },
  { name: 'Keystone answers 403 to the validation (delay)', failure: status(403), settings: delayed },
  { name: 'Keystone answers 404html to the validation (delay)', failure: status(404), settings: delayed },
  {
    name: 'Keystone answers badjson to the validation (no delay)',
    failure: { kind: 'broken-json' },
    how: { deviates: unavailability },
  },
  {
    name: 'Keystone answers badjson to the validation (delay)',
    failure: { kind: 'broken-json' },
    settings: delayed,
    how: { deviates: passedOn },
  },
  {
    name: 'Keystone answers empty200 to the validation (delay)',
    failure: status(200),
    settings: delayed,
    how: { deviates: passedOn },
  },
  // Without the repetitions, whose pauses would be waited for.
  {
    name: 'Keystone answers drop to the validation (no delay)',
    failure: { kind: 'down' },
    how: { calls: 1 },
  },
  {
    name: 'Keystone answers drop to the validation (delay)',
    failure: { kind: 'down' },
    settings: delayed,
    how: { calls: 1 },
  },
  {
    name: 'Keystone hangs, http_connect_timeout=1, http_request_max_retries=1',
    failure: { kind: 'hang' },
    settings: { overrides: { http_connect_timeout: 1 } },
    how: { deviates: unavailability, calls: 1 },
  },
]

describe('cases recorded with the original: a failing Keystone', () => {
  for (const { name, failure, settings, how } of failures) {
    it(name, async () => {
      await using lab = await startLab()
      lab.keystone.failure = failure
      await play(lab, lab.application(settings), name, { user: lab.issue('demo'), ...how })
    })
  }

  for (const [times, name, deviates] of [
    [1, 'own token refused once, expired user token + cached service token', {}],
    // D2: what the original forgets at its last try.
    [
      2,
      'own token refused twice, expired user token + cached service token',
      recordedCase('cold, both tokens'),
    ],
  ] as const) {
    it(name, async () => {
      await using lab = await startLab()
      const app = lab.application()
      const service = lab.issue('nova')
      await play(lab, app, 'cold, both tokens', { user: lab.issue('demo'), service })
      lab.keystone.failure = { ...status(401), times }
      const user = lab.issue('demo', { ago: lifetime + 1 })
      await play(lab, app, name, { user, service, deviates, calls: times + 1 })
      const asked = lab.keystone.validations(user).map((call) => call.path)
      assert.deepEqual(new Set(asked), new Set(['/v3/auth/tokens?allow_expired=1']))
    })
  }

  it('Keystone down: cached tokens go on working, the rest is 503 or passed on', async () => {
    await using lab = await startLab()
    const app = lab.application()
    const tokens = { user: lab.issue('demo'), service: lab.issue('nova') }
    await play(lab, app, 'cold, both tokens', tokens)
    await lab.keystone.close()
    await play(lab, app, 'Keystone down: cached tokens', tokens)
    await play(lab, app, 'Keystone down: no delay', { user: lab.issue('demo') })
    await play(lab, app, 'Keystone down: garbage, no delay', { user: 'garbage' })
    await play(lab, app, 'Keystone down: service token only, no delay', { service: lab.issue('nova') })
    await play(lab, app, 'X-Auth-Token empty', {})
    await play(lab, lab.application(delayed), 'Keystone down: delay', { user: lab.issue('demo') })
    const fresh = lab.application()
    const name = 'Keystone down since before the first request, no delay'
    await play(lab, fresh, name, { user: lab.issue('demo') })
  })

  it('Keystone up again: the first request finds out, with both its tokens', async () => {
    await using lab = await startLab()
    const app = lab.application()
    const user = lab.issue('demo')
    lab.keystone.failure = status(503)
    await play(lab, app, 'Keystone down: no delay', { user, calls: 1 })
    lab.keystone.failure = undefined
    await play(lab, app, 'Keystone up again', { user })
    lab.keystone.failure = status(503)
    await play(lab, app, 'Keystone down: no delay', { user: lab.issue('demo'), calls: 1 })
    lab.keystone.failure = undefined
    await play(lab, app, 'cold, both tokens', { user: lab.issue('demo'), service: lab.issue('nova') })
  })
})
