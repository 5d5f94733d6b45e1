import { describe, it } from 'node:test'
import type { Failure } from '@longhaul/keystoneauth/testing'
import { startLab, type ApplicationSettings } from './fixtures/lab.ts'
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
]

describe('cases recorded with the original: a failing Keystone', () => {
  for (const { name, failure, settings, how } of failures) {
    it(name, async () => {
      await using lab = await startLab()
      lab.keystone.failure = failure
      await play(lab, lab.application(settings), name, { user: lab.issue('demo'), ...how })
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
