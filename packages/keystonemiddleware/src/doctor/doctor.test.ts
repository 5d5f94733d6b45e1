import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import { fakeKeystone, fakeService, type FakeKeystoneOptions } from '@longhaul/keystoneauth/testing'
import { Config } from '@longhaul/oslo-config'
import { MemcachedServerFixture } from '../fixtures/memcached-server.ts'
import { doctor, type DoctorOptions } from './doctor.ts'
import type { Finding } from './finding.ts'

/** Examines a section against a fake Keystone. */
async function examine(
  options: DoctorOptions & { more?: string; keystone?: FakeKeystoneOptions } = {},
  before: (keystone: Awaited<ReturnType<typeof fakeKeystone>>, options: DoctorOptions) => void = () =>
    undefined,
): Promise<Finding[]> {
  const { more = '', keystone: settings = {}, ...rest } = options
  const keystone = await fakeKeystone(settings)
  try {
    before(keystone, rest)
    const section = `[keystone_authtoken]
auth_type = password
auth_url = ${keystone.url}
username = glance
password = not-to-be-seen
user_domain_id = default
project_name = service
project_domain_id = default
http_connect_timeout = 1
${more}`
    const findings = await doctor(Config.parse(section), rest)
    assert.ok(!JSON.stringify(findings).includes('not-to-be-seen'))
    return findings
  } finally {
    await keystone.close()
  }
}

const levels = (findings: readonly Finding[]) => findings.map(({ check, level }) => `${check} ${level}`)
const of = (findings: readonly Finding[], check: string) => findings.find((found) => found.check === check)!

describe('the doctor', () => {
  it('finds nothing wrong where nothing is', async () => {
    const findings = await examine()
    assert.deepEqual(levels(findings), [
      'options ok',
      'own_token ok',
      'validation ok',
      'clocks ok',
      'memcached note',
    ])
    assert.match(of(findings, 'own_token').message, /as middleware with the roles service, until 20/)
  })

  it('finds credentials that are refused, and then asks Keystone no more', async () => {
    const findings = await examine({ serviceToken: 'some' }, (keystone) => {
      keystone.loginFailure = { kind: 'status', status: 401 }
    })
    assert.deepEqual(levels(findings), ['options ok', 'own_token problem', 'memcached note'])
    assert.match(of(findings, 'own_token').message, /http_401/)
  })

  for (const [status, message] of [
    [403, /give it the role service/],
    [500, /with 500/],
  ] as const) {
    it(`finds a user to whom Keystone answers ${status}`, async () => {
      const findings = await examine({}, (keystone) => {
        keystone.failure = { kind: 'status', status }
      })
      assert.equal(of(findings, 'validation').level, 'problem')
      assert.match(of(findings, 'validation').message, message)
    })
  }

  it('finds clocks that differ', async () => {
    for (const [seconds, message] of [
      [30, /ahead of Keystone's: tokens end too early/],
      [-30, /behind Keystone's: tokens pass here after/],
    ] as const) {
      const findings = await examine({ now: () => new Date(Date.now() + seconds * 1000) })
      assert.equal(of(findings, 'clocks').level, 'problem')
      assert.match(of(findings, 'clocks').message, message)
    }
  })

  it('says what becomes of a service token', async () => {
    const rows: [roles: string[] | undefined, level: string, message: RegExp][] = [
      [['member', 'service'], 'ok', /of nova, with the roles member, service, counts .* by the role service/],
      [['member'], 'problem', /has none of service_token_roles \(service, admin\)/],
      [undefined, 'problem', /never issued, expired or revoked/],
    ]
    for (const [roleNames, level, message] of rows) {
      const more = 'service_token_roles = service, admin'
      const findings = await examine({ more, serviceToken: 'unknown' }, (keystone, options) => {
        if (roleNames) options.serviceToken = ` ${keystone.issue({ userName: 'nova', roleNames }).token}\n`
      })
      const found = of(findings, 'service_token')
      assert.equal(found.level, level)
      assert.match(found.message, message)
    }
  })

  it('says that any token counts when the role is not demanded', async () => {
    const findings = await examine({ more: 'service_token_roles_required = false' })
    assert.equal(of(findings, 'options').level, 'problem')
  })

  it('tells receivers that demand the role from those that do not', async () => {
    let own: string | undefined
    const kinds: Record<string, (sent: { user: string; service: string | undefined }) => number> = {
      strict: ({ service }) => (service === undefined ? 200 : 401),
      old: ({ user, service }) => {
        own = user
        return service === undefined || known.has(service) ? 300 : 401
      },
      delaying: () => 200,
      refusing: () => 401,
    }
    const known = new Set<string>()
    const service = await fakeService(({ path, headers }) => {
      const user = String(headers['x-auth-token'])
      return kinds[path.slice(1)]!({ user, service: headers['x-service-token'] as string | undefined })
    })
    const receivers = ['strict', 'old', 'delaying', 'refusing'].map((kind) => `${service.url}/${kind}`)
    // The token of the second login has no roles; it is known, as the first is.
    const findings = await examine(
      { receivers: [...receivers, 'http://127.0.0.1:9/'], keystone: { login: { roleNames: [] } } },
      (keystone) => {
        const issue = keystone.issue.bind(keystone)
        keystone.issue = (...given) => {
          const made = issue(...given)
          known.add(made.token)
          return made
        }
      },
    )
    await service.close()
    const found = findings.filter(({ check }) => check === 'receiver')
    assert.deepEqual(
      found.map(({ level }) => level),
      ['ok', 'problem', 'note', 'note', 'problem'],
    )
    assert.match(found[1]!.message, /older than the default of service_token_roles_required = true/)
    assert.ok(own && known.has(own) && !JSON.stringify(findings).includes(own))
  })

  it('does not try a receiver without a token that has no roles', async () => {
    const findings = await examine({ receivers: ['http://127.0.0.1:9/'] })
    assert.deepEqual(
      [of(findings, 'receiver').level, of(findings, 'receiver').message],
      ['note', 'http://127.0.0.1:9/: cannot be tried: no token without roles'],
    )
  })

  it('asks each memcached', async () => {
    await using there = await MemcachedServerFixture.start()
    const gone = await MemcachedServerFixture.start()
    const { address } = gone
    await gone.stop()
    const findings = await examine({ more: `memcached_servers = ${there.address}, ${address}` })
    const found = findings.filter(({ check }) => check === 'memcached')
    assert.deepEqual(
      found.map(({ level }) => level),
      ['ok', 'problem'],
    )
    assert.match(found[0]!.message, /version 1\.6\.0/)
    assert.match(found[1]!.message, new RegExp(`${address} does not answer`))
    const none = await examine({ more: 'token_cache_time = -1' })
    assert.match(of(none, 'memcached').message, /keeps no tokens/)
  })
})
