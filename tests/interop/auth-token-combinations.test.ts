// The same requests to an application behind Debian's python3-keystonemiddleware and to one behind our auth_token, with one
// Keystone: the same answers, and the same headers for the application, except for the deviations of the table.
import assert from 'node:assert/strict'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fakeKeystone, type FakeKeystone } from '@longhaul/keystoneauth/testing'
import { authTokenFromConfig } from '@longhaul/keystonemiddleware'
import { freePort } from '@longhaul/oslo/concurrency'
import { Config } from '@longhaul/oslo-config'
import { application } from '../../packages/keystonemiddleware/src/fixtures/application.ts'
import { ask } from '../../packages/keystonemiddleware/src/fixtures/ask.ts'
import { writeIni } from '../../tools/devstack/src/config-files.ts'
import { stopProcess, type ProcessRecord } from '../../tools/devstack/src/processes.ts'
import { dueOf, isRefused, type Sight } from './allowed-differences.ts'
import { Combinations, window, type Combination, type OptionSet } from './combinations.ts'
import { needPackages } from './debian.ts'
import { startPeer } from './peer-process.ts'
import { Seeded } from './seeded.ts'

const applications = Number(process.env['LONGHAUL_COMBINATION_OPTIONS'] ?? 60)
const requestsEach = 40
const seed = Number(process.env['LONGHAUL_SEED'] ?? 20_260_301)

describe(`generated combinations, LONGHAUL_SEED=${seed}`, () => {
  let keystone: FakeKeystone
  let original: ProcessRecord | undefined
  let originalUrl: string
  const directory = mkdtempSync(join(tmpdir(), 'lh-combinations-'))
  const file = join(directory, 'application.conf')
  before(async () => {
    await needPackages('python3-keystonemiddleware')
    keystone = await fakeKeystone({ allowExpiredWindow: window })
    writeIni(file, {
      keystone_authtoken: {
        www_authenticate_uri: 'http://127.0.0.1:5000',
        auth_type: 'password',
        auth_url: keystone.url,
        username: 'glance',
        password: 'not-a-secret',
        user_domain_id: 'default',
        project_name: 'service',
        project_domain_id: 'default',
        http_request_max_retries: 0,
      },
    })
    const port = await freePort()
    const args = [join(import.meta.dirname, 'auth-token-app.py'), String(port), file]
    originalUrl = `http://127.0.0.1:${port}`
    const log = join(directory, 'application.out')
    original = await startPeer({ file: '/usr/bin/python3', args }, originalUrl, log)
  })
  after(async () => {
    if (original) await stopProcess(original)
    await keystone?.close()
    rmSync(directory, { recursive: true, force: true })
  })

  async function sightOf(url: string, combination: Combination, options: OptionSet): Promise<Sight> {
    const { method, path, user, service, forged, storage, failure } = combination
    keystone.failure = failure === undefined ? undefined : { kind: 'status', status: failure }
    const headers = {
      'X-Options': JSON.stringify(options),
      ...forged,
      ...(user.sent === undefined ? {} : { [storage ? 'X-Storage-Token' : 'X-Auth-Token']: user.sent }),
      ...(service.sent === undefined ? {} : { 'X-Service-Token': service.sent }),
    }
    const answer = await ask(`${url}${path}`, headers, method)
    const reached = answer.statusCode === 200
    return {
      status: answer.statusCode,
      challenge: answer.headers['www-authenticate'] as string | undefined,
      body: reached || method === 'HEAD' || answer.statusCode === 500 ? undefined : unspelt(answer.body),
      saw: reached && method !== 'HEAD' ? identityOf(answer.body) : undefined,
    }
  }

  it('give the same statuses and headers', async () => {
    const combinations = new Combinations(keystone, new Seeded(seed))
    const seen = new Map<string, number>()
    const count = (what: string) => seen.set(what, (seen.get(what) ?? 0) + 1)
    for (let turn = 0; turn < applications; turn++) {
      const options = combinations.options()
      const app = application(
        authTokenFromConfig(Config.read([file]), { overrides: { ...options, allow_expired_window: window } }),
      )
      const url = await app.listen({ host: '127.0.0.1', port: 0 })
      try {
        for (let request = 0; request < requestsEach; request++) {
          const combination = combinations.request()
          const theirs = await sightOf(originalUrl, combination, options)
          const ours = await sightOf(url, combination, options)
          const { codes, sight } = dueOf(combination, options, theirs)
          const about = describeCombination(combination, options, theirs, ours)
          if (sight) assert.deepEqual(ours, sight, about)
          else assert.ok(isRefused(ours, options), about)
          for (const what of ['all', `status ${ours.status}`, ...codes]) count(what)
        }
      } finally {
        await app.close()
      }
    }
    // Else these are never generated, and the test is worth less than it looks.
    for (const what of ['status 200', 'status 401', 'status 503', 'D4', 'D5', 'D6'])
      assert.ok(seen.has(what), what)
    assert.equal(seen.get('all'), applications * requestsEach)
    process.stderr.write(`combinations: ${JSON.stringify(Object.fromEntries(seen))}\n`)
  })
})

// JSON may be written with blanks or without.
function unspelt(body: string): string {
  return body.startsWith('{') ? JSON.stringify(JSON.parse(body)) : body
}

// What the application saw of its caller; the catalog without its spelling.
function identityOf(body: string): Record<string, string> {
  const { saw } = JSON.parse(body) as { saw: Record<string, string> }
  const kept = Object.entries(saw).filter(
    ([name]) => (name.startsWith('x-') && name !== 'x-options') || name.startsWith('openstack'),
  )
  return Object.fromEntries(
    kept.map(([name, value]) => [
      name,
      name === 'x-service-catalog' ? JSON.stringify(sorted(JSON.parse(value))) : value.trim(),
    ]),
  )
}

function sorted(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(sorted)
  if (typeof value !== 'object' || value === null) return value
  return Object.fromEntries(
    Object.entries(value)
      .map(([key, item]) => [key, sorted(item)] as const)
      .toSorted(([one], [other]) => (one < other ? -1 : 1)),
  )
}

function describeCombination(
  { method, path, user, service, forged, storage, failure }: Combination,
  options: OptionSet,
  theirs: Sight,
  ours: Sight,
): string {
  const request = { method, path, user: user.name, service: service.name, forged, storage, failure }
  return JSON.stringify({ request, options, theirs, ours }, undefined, 1)
}
