// The tree of causes speaks of what there is: reasons, options, metrics and lines of logs.
import assert from 'node:assert/strict'
import { globSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { password, Session } from '@longhaul/keystoneauth'
import { fakeKeystone, type FakeKeystone } from '@longhaul/keystoneauth/testing'
import {
  createAuthToken,
  keystoneFetchToken,
  reasons,
  type AuthTokenOptions,
} from '@longhaul/keystonemiddleware'

const root = join(import.meta.dirname, '../..')
const read = (path: string) => readFileSync(join(root, path), 'utf8')
const page = read('docs/developer/troubleshooting.md')

const unique = (found: Iterable<string>) => [...new Set(found)].toSorted()
const found = (text: string, pattern: RegExp) => unique([...text.matchAll(pattern)].map(([, word]) => word!))

/** From the heading of the second level to the next one. */
function section(title: string): string {
  const text = new RegExp(`^## ${title}\n([^]*?)(?=^## |$(?![^]))`, 'm').exec(page)?.[1]
  assert.ok(text, title)
  return text
}
const rowsOf = (title: string) => found(section(title), /^\| `(\w+)` \|/gm)

test('every reason is in the tree, under the status that it is answered with', () => {
  const codes = Object.keys(reasons)
  const refusals = codes.filter((code) => /^(user_token|service_token|access_rules)_/.test(code))
  const passedOn = ['request_exempt']
  assert.deepEqual(rowsOf('401'), unique(refusals))
  assert.deepEqual(
    rowsOf('503'),
    unique(codes.filter((code) => !refusals.includes(code) && !passedOn.includes(code))),
  )
  for (const code of passedOn) assert.ok(page.includes(`\`${code}\``), code)
})

test('every option in the tree is one', () => {
  const references = globSync(['docs/admin/config/*.md', 'docs/reference/keystone*.md'], { cwd: root }).map(
    read,
  )
  const known = new Set(
    references.flatMap((text) =>
      text.split(/^## /m).flatMap((part) => {
        const group = /^\[(.+)\]\n/.exec(part)?.[1]
        return found(part, /^\| `(\w+)` \|/gm).map((name) => `[${group}] ${name}`)
      }),
    ),
  )
  const named = found(page, /`(\[\w+\] \w+)/g)
  assert.ok(named.length > 10)
  assert.deepEqual(
    named.filter((option) => !known.has(option)),
    [],
  )
})

test('every metric and every line of a log in the tree is one', () => {
  const sources = globSync(['packages/*/src/**/*.ts', 'services/cinder/src/**/*.ts'], {
    cwd: root,
    exclude: (path) => path.endsWith('.test.ts'),
  }).map(read)
  const lines = found(page, /says `([^`]+ [^`]+)`/g)
  const metrics = found(page, /`(keystonemiddleware_\w+)`/g)
  assert.ok(lines.length > 4 && metrics.length > 3)
  assert.deepEqual(
    [...lines, ...metrics].filter((text) => !sources.some((source) => source.includes(text))),
    [],
  )
})

/** Status, reason and service_reason of a line of the log, and whether a service token was known. */
type Told = readonly [status?: number, reason?: string, serviceReason?: string | undefined, audited?: true]

interface Seen {
  status?: number
  reason?: string
  service_reason?: string
  service_audit_ids?: string[]
}

interface Situation {
  /** Seconds that the user's token lives; it was issued two hours before the request. */
  life: number
  /** Whether the receiver has seen it while it was good. */
  known?: boolean
  /** Roles of the service token. */
  service?: readonly string[]
  options?: Partial<AuthTokenOptions>
  /** Seconds that the receiver's clock is ahead. */
  ahead?: number
  before?: (keystone: FakeKeystone) => void
}

const hour = 3600
/** What the log of a receiver says of a request. */
async function logOf({ life, known, service, options, ahead = 0, before }: Situation): Promise<Seen> {
  let at = Date.parse('2026-01-01T00:00:00Z')
  const now = () => new Date(at)
  const keystone = await fakeKeystone({ now, allowExpiredWindow: hour })
  const account = { username: 'glance', userDomainId: 'default', password: 'very-secret' }
  const session = new Session({ now, sleep: async () => undefined })
  let seen: Seen = {}
  const note = (fields: object) => void (seen = fields)
  const authToken = createAuthToken({
    fetchToken: keystoneFetchToken({ session, auth: password({ ...account, authUrl: keystone.url }) }),
    wwwAuthenticateUri: keystone.url,
    allowExpiredWindow: hour,
    now: () => new Date(at + ahead * 1000),
    logger: { debug: note, info: note, warn: note },
    ...options,
  })
  try {
    const { token } = keystone.issue({ lifetime: life })
    const ask = (headers: Record<string, string>) =>
      authToken.authenticate({ method: 'GET', path: '/', headers: { 'x-auth-token': token, ...headers } })
    if (known) await ask({})
    at += 2 * hour * 1000
    before?.(keystone)
    seen = {}
    await ask(service ? { 'x-service-token': keystone.issue({ roleNames: service }).token } : {})
    return seen
  } finally {
    await authToken.close()
    await session.close()
    await keystone.close()
  }
}

const role = 'service_token_role_missing'
const situations: [string, Situation, Told][] = [
  ['no service token', { life: 1.5 * hour, known: true }, [401, 'user_token_expired']],
  [
    'a service token without the role, where it is not demanded',
    { life: 1.5 * hour, service: ['member'], options: { serviceTokenRolesRequired: false } },
    [401, 'user_token_expired', undefined, true],
  ],
  [
    'a service token without the role',
    { life: 1.5 * hour, service: ['admin'] },
    [401, 'user_token_expired', role, true],
  ],
  ['the same beside a good user token', { life: 3 * hour, service: ['admin'] }, [401, role, role, true]],
  ['a clock that is ahead', { life: 2.5 * hour, ahead: hour }, [401, 'user_token_expired']],
  [
    'an operation that is longer than the window',
    { life: 0.5 * hour, known: true, service: ['service'] },
    [401, 'user_token_outside_window', undefined, true],
  ],
  ['a token that was never seen while it was good', { life: hour }, [401, 'user_token_unknown_or_revoked']],
  [
    'Keystone that is down',
    { life: 3 * hour, before: (keystone) => (keystone.failure = { kind: 'down' }) },
    [503, 'keystone_unreachable'],
  ],
  ['an expired token with a service token that counts', { life: 1.5 * hour, service: ['service'] }, []],
]
for (const [what, situation, [status, reason, serviceReason, audited]] of situations) {
  test(`The log tells of ${what} as the tree says`, async () => {
    const seen = await logOf(situation)
    assert.deepEqual([seen.status, seen.reason, seen.service_reason], [status, reason, serviceReason])
    assert.equal(seen.service_audit_ids !== undefined, audited === true)
  })
}
