import { after, before, describe, it } from 'node:test'
import { lifetime, startLab, window, type ApplicationSettings, type Lab } from './fixtures/lab.ts'
import { play, refusal, type Play } from './fixtures/play.ts'

const delayed: ApplicationSettings = { overrides: { delay_auth_decision: true } }
const fromKeystone = { user: 'demo', service: 'nova' } as const

describe('cases recorded with the original: caches', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab[Symbol.asyncDispose]())
  const run = (app: ReturnType<Lab['application']>, name: string, how: Play) => play(lab, app, name, how)

  it('a user token is asked for once', async () => {
    const app = lab.application()
    const user = lab.issue('demo')
    await run(app, 'cold, user token only', { user })
    await run(app, 'warm, user token only', { user })
  })

  it('both tokens are asked for', async () => {
    await run(lab.application(), 'cold, both tokens', {
      user: lab.issue(fromKeystone.user),
      service: lab.issue(fromKeystone.service),
    })
  })

  it('a refusal is remembered for a moment (D8)', async () => {
    const app = lab.application()
    await run(app, 'garbage, first', { user: 'garbage-1' })
    await run(app, 'garbage, second: a refusal is not cached', { user: 'garbage-1', calls: 0 })
    lab.pass(3)
    await run(app, 'garbage, second: a refusal is not cached', { user: 'garbage-1', calls: 1 })
  })

  it('a cached token is asked for again when it has expired, and refused at the end of the window (D3)', async () => {
    const app = lab.application({ overrides: { token_cache_time: 10 * window } })
    const user = lab.issue('demo')
    const service = lab.issue('nova', { lifetime: 10 * window })
    await run(app, 'A: valid, cached', { user })
    lab.pass(lifetime + 1)
    await run(app, 'A: expired since, service token with role', { user, service, calls: 2 })
    lab.pass(window - 2)
    await run(app, 'A: expired since, service token with role', { user, service, calls: 0 })
    lab.pass(1)
    const name = 'A: out of the window since, service token with role, still cached'
    await run(app, name, { user, service, deviates: refusal, calls: 1 })
  })

  it('out of the window with an empty cache', async () => {
    const user = lab.issue('demo', { ago: lifetime + window })
    const name = 'A: out of the window since, service token with role, cache emptied'
    await run(lab.application(), name, { user, service: lab.issue('nova') })
  })

  it('an entry made with allow_expired is of no use without a confirmed service token', async () => {
    const app = lab.application()
    const user = lab.issue('demo', { ago: lifetime + 1 })
    await run(app, 'cold, both tokens', { user, service: lab.issue('nova') })
    await run(app, 'B: cached by that, now without service token', { user })
    const service = lab.issue('plainsvc')
    await run(app, 'B: cached by that, now with a service token without the role', { user, service })
  })

  it('a revoked token', async () => {
    const user = lab.issue('demo')
    await run(lab.application(), 'C: valid, cached', { user })
    lab.keystone.revoke(user)
    await run(lab.application(), 'C: revoked since, cache emptied', { user })
  })

  it('revoked, then expired, in the window', async () => {
    const user = lab.issue('demo', { ago: lifetime + 1 })
    lab.keystone.revoke(user)
    const name = 'D: revoked, then expired, in the window, service token with role'
    await run(lab.application(), name, { user, service: lab.issue('nova') })
  })

  it('a service token that is cached is refused when it has expired', async () => {
    const app = lab.application()
    const user = lab.issue('demo', { lifetime: 10 * lifetime })
    const service = lab.issue('nova')
    await run(app, 'E: service token valid, cached', { user, service })
    lab.pass(lifetime + 1)
    // Recorded in the matrix for a service token that was not cached.
    await run(app, 'garbage, first', { user, service, calls: 1 })
  })

  it('a service token that is revoked stays good while it is cached', async () => {
    const app = lab.application()
    const tokens = { user: lab.issue('demo'), service: lab.issue('nova') }
    await run(app, 'F: service token valid, cached', tokens)
    lab.keystone.revoke(tokens.service)
    await run(app, 'F: service token revoked since, cached', tokens)
  })
})

describe('cases recorded with the original: tokens and headers', () => {
  let lab: Lab
  before(async () => {
    lab = await startLab()
  })
  after(() => lab[Symbol.asyncDispose]())
  const run = (app: ReturnType<Lab['application']>, name: string, how: Play) => play(lab, app, name, how)

  it('one token in both places', async () => {
    const nova = lab.issue('nova')
    const name = 'same token as user and service token (nova)'
    await run(lab.application(), name, { user: nova, service: nova, calls: 2 })
  })

  it('an empty X-Auth-Token is no token', async () => {
    const app = lab.application()
    const headers = { 'X-Storage-Token': lab.issue('demo') }
    await run(app, 'X-Auth-Token empty, X-Storage-Token valid', { user: '', headers })
    await run(app, 'X-Auth-Token empty', { user: '' })
    await run(app, 'X-Auth-Token only spaces', { user: '   ' })
  })

  it('X-Storage-Token counts when X-Auth-Token is not sent', async () => {
    const token = lab.issue('demo')
    const headers = { 'X-Storage-Token': token }
    const saw = { 'x-auth-token': undefined, 'x-storage-token': token }
    await run(lab.application(), 'cold, user token only', { headers, saw })
  })

  it('blanks around a token', async () => {
    const user = `  ${lab.issue('demo')}  `
    await run(lab.application(), 'user token with spaces around', { user })
  })

  it('every scope', async () => {
    const app = lab.application()
    const bare = { project: undefined, catalog: undefined }
    await run(app, 'unscoped user token', { user: lab.issue('demo', { ...bare, roleNames: [] }) })
    const domain = { ...bare, domain: { id: 'default', name: 'Default' }, roleNames: ['reader'], catalog: [] }
    const name = 'domain-scoped user token'
    await run(app, name, { user: lab.issue('demo', domain), saw: { 'x-service-catalog': undefined } })
  })

  it("the user's system scope is the user's (D4)", async () => {
    const app = lab.application()
    const system = { project: undefined, system: { all: true }, catalog: undefined }
    await run(app, 'system-scoped user token with a project-scoped service token', {
      user: lab.issue('admin', system),
      service: lab.issue('nova'),
      saw: { 'openstack-system-scope': 'all', 'x-service-catalog': undefined },
      calls: 2,
    })
    await run(app, 'project-scoped user token with a system-scoped service token', {
      user: lab.issue('demo'),
      service: lab.issue('nova', system),
      saw: { 'openstack-system-scope': undefined },
      calls: 2,
    })
  })

  it('forged headers do not reach the application, OpenStack-System-Scope included (D4)', async () => {
    const scope = { 'openstack-system-scope': undefined }
    await run(lab.application(delayed), 'spoofed headers, no tokens, delay', { saw: scope })
    await run(lab.application(delayed), 'spoofed headers with underscores, delay', {})
    await run(lab.application(), 'spoofed headers, no tokens, no delay', {})
    const headers = { 'X-Roles': 'admin', 'X-Trust-Id': 'spoofed', 'X-Forwarded-User': 'spoofed' }
    await run(lab.application(), 'spoofed headers, valid user token', {
      user: lab.issue('demo'),
      headers,
      calls: 1,
    })
  })

  it("the application's own answers", async () => {
    const app = lab.application()
    const user = lab.issue('demo')
    await run(app, 'the app answers 403', { user, url: '/x?app_status=403', calls: 1 })
    await run(app, 'OPTIONS without a token', { method: 'OPTIONS' })
  })

  it('access rules without service_type', async () => {
    const rules = [{ service: 'image', method: 'GET', path: '/x' }]
    const user = lab.issue('demo', {
      application_credential: { id: 'ac', name: 'ac', restricted: true, access_rules: rules },
    })
    await run(lab.application(), 'application credential with access rules, no service_type set', { user })
  })

  it('without the catalog', async () => {
    const app = lab.application({ overrides: { include_service_catalog: 'false' } })
    await run(app, 'include_service_catalog=false', { user: lab.issue('demo') })
  })
})
