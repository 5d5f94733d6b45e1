// Whatever clients, Keystone and memcached may send: no exception, and nobody is taken for somebody.
import assert from 'node:assert/strict'
import { describe } from 'node:test'
import fc from 'fast-check'
import { tokenData } from '@longhaul/keystoneauth/testing'
import { pathMatches } from './access-rule-path.ts'
import { createAuthToken } from './auth-token.ts'
import { InvalidToken } from './errors.ts'
import { holds } from '../../keystoneauth/src/fixtures/fuzz.ts'
import { stripForgedHeaders } from './forged-headers.ts'
import { identityHeaders, strippedHeaders } from './headers.ts'
import { binaryProtocol } from './memcached/binary-protocol.ts'
import { protection } from './memcached/protection.ts'
import { MemcachedRefusal, type Command, type Protocol } from './memcached/protocol.ts'
import { parseServerAddress } from './memcached/server-address.ts'
import { readEntry } from './memcached/stored-entry.ts'
import { textProtocol } from './memcached/text-protocol.ts'
import { tokenDataOf } from './token-answer.ts'

const now = Date.parse('2026-03-01T12:00:00Z')
const known = 'known-token'

/** A token's data in which anything may be broken. */
const brokenData = fc
  .record({
    change: fc.dictionary(
      fc.constantFrom(
        ...Object.keys(tokenData()),
        'domain',
        'system',
        'application_credential',
        'bind',
        'longhaul',
      ),
      fc.oneof(
        fc.jsonValue({ maxDepth: 3 }),
        fc.array(fc.record({ name: fc.jsonValue(), type: fc.jsonValue(), endpoints: fc.jsonValue() })),
        fc.record({ id: fc.jsonValue(), name: fc.jsonValue(), access_rules: fc.jsonValue() }),
        fc.record({ until: fc.jsonValue(), refresh_at: fc.jsonValue(), allow_expired: fc.jsonValue() }),
      ),
      { maxKeys: 4 },
    ),
  })
  .map(({ change }) => ({ ...tokenData({ issuedAt: new Date(now) }), ...change }))

const headerName = fc.oneof(
  fc.constantFrom(...strippedHeaders, ...identityHeaders.map(({ user }) => user)).chain((name) =>
    fc.array(fc.boolean(), { minLength: name.length, maxLength: name.length }).map((upper) =>
      Array.from(name)
        .map((letter, index) => (upper[index] ? letter.toUpperCase() : letter))
        .map((letter, index) => (letter === '-' && upper[index] ? '_' : letter))
        .join(''),
    ),
  ),
  fc.stringMatching(/^[!#$%&'*+.^_`|~0-9A-Za-z-]{1,20}$/),
)

describe('requests', () => {
  const authToken = createAuthToken({
    wwwAuthenticateUri: 'http://keystone',
    now: () => new Date(now),
    async fetchToken(token) {
      if (token !== known) throw new InvalidToken()
      return tokenData({ issuedAt: new Date(now), roleNames: ['service'] })
    },
  })
  const value = fc.oneof(
    fc.constantFrom(known, ` ${known}\t`, `${known},${known}`, '', undefined),
    fc.string({ unit: 'binary' }),
    fc.array(fc.string(), { maxLength: 3 }),
  )
  const sent = fc.record({
    user: value,
    service: value,
    storage: value,
    method: fc.string(),
    path: fc.string(),
  })
  const textOf = (given: string | string[] | undefined) =>
    (Array.isArray(given) ? given.join(',') : (given ?? '')).trim()

  holds('only a known token is accepted, whatever else is in the headers', sent, async (given) => {
    const { user, service, storage, method, path } = given
    const verdict = await authToken.authenticate({
      method,
      path,
      headers: { 'x-auth-token': user, 'x-service-token': service, 'x-storage-token': storage },
    })
    const due = textOf(user ?? storage) === known && ['', known].includes(textOf(service))
    assert.equal(verdict.kind, due ? 'accepted' : 'rejected')
    if (verdict.kind === 'accepted')
      assert.equal(verdict.keystone.headers()['X-Identity-Status'], 'Confirmed')
  })

  const headers = fc.array(fc.tuple(headerName, fc.string()), { maxLength: 20 })
  holds('no identity header of a client is left, and every other one is', headers, (pairs) => {
    const plain = Object.fromEntries(pairs.map(([name, text]) => [name.toLowerCase(), text]))
    const message = { headers: { ...plain }, headersDistinct: { ...plain }, rawHeaders: pairs.flat() }
    stripForgedHeaders(message)
    const isForged = (name: string) => strippedHeaders.has(name.toLowerCase().replaceAll('_', '-'))
    const kept = pairs.filter(([name]) => !isForged(name))
    assert.deepEqual(message.rawHeaders, kept.flat())
    const names = new Set(kept.map(([name]) => name.toLowerCase()))
    assert.deepEqual(new Set(Object.keys(message.headers)), names)
    assert.deepEqual(new Set(Object.keys(message.headersDistinct)), names)
  })

  const piece = fc.constantFrom('/', '*', '**', '{id}', 'a', 'b', '.', '(', '\\', 'images', '{', '}')
  const text = fc.array(piece, { maxLength: 8 }).map((pieces) => pieces.join(''))
  holds('access rules match as their pattern says', fc.tuple(text, text), ([pattern, path]) => {
    const parts = pattern.split(/(\*\*|\*|\{[^}]*\})/)
    const escaped = (part: string) => part.replaceAll(/[\\^$.*+?()[\]{}|/]/g, String.raw`\$&`)
    const source = parts.map((part, index) =>
      index % 2 === 0 ? escaped(part) : part === '**' ? '[^]*' : '[^/]+',
    )
    assert.equal(pathMatches(pattern, path), new RegExp(`^${source.join('')}$`).test(path))
  })
})

describe('answers', () => {
  const body = fc.oneof(
    fc.jsonValue({ maxDepth: 4 }),
    fc.record({ token: fc.oneof(brokenData, fc.jsonValue()) }),
  )

  holds('of Keystone are taken only when a decision can stand on them', body, async (given) => {
    const data = tokenDataOf(given)
    if (!data) return
    const authToken = createAuthToken({
      wwwAuthenticateUri: 'http://keystone',
      now: () => new Date(now),
      fetchToken: async () => structuredClone(data),
      serviceType: 'image',
      exposeReason: true,
    })
    const headers = { 'x-auth-token': 'user', 'x-service-token': 'service' }
    for (const sent of [headers, { 'x-auth-token': 'user' }]) {
      const verdict = await authToken.authenticate({ method: 'GET', path: '/', headers: sent })
      if (verdict.kind === 'rejected') continue
      for (const value of Object.values(verdict.keystone.headers())) assert.equal(typeof value, 'string')
      assert.ok(verdict.keystone.auth)
    }
  })

  const bounds = { now, cacheMs: 300_000, windowMs: 1_000_000 }
  const stored = fc.oneof(
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
    body.map((given) => Buffer.from(JSON.stringify(given))),
  )
  holds('of memcached are never used beyond the end of their token or of the cache', stored, (bytes) => {
    const entry = readEntry(bytes, bounds)
    if (!entry) return
    const expires = Date.parse(entry.data.expires_at)
    assert.ok(entry.until >= now && entry.until <= now + bounds.cacheMs)
    assert.ok(entry.until <= expires || (entry.allowExpired && entry.until < expires + bounds.windowMs))
    assert.ok(!('longhaul' in entry.data))
  })

  const places = (['MAC', 'ENCRYPT'] as const).map((strategy) => protection(strategy, 'secret')('token'))
  holds('that were not protected with the secret are none', stored, (bytes) => {
    for (const place of places) {
      assert.equal(place.unwrap(bytes), undefined)
      assert.deepEqual(place.unwrap(place.wrap(bytes)), bytes)
    }
  })
})

describe('the languages of memcached', () => {
  const commands: Command[] = [
    { name: 'get', key: 'k' },
    { name: 'set', key: 'k', value: { data: Buffer.from('v'), flags: 0 }, expires: 1 },
    { name: 'delete', key: 'k' },
    { name: 'version' },
  ]
  const protocols: Record<string, Protocol> = { text: textProtocol, binary: binaryProtocol }
  const lines = fc
    .array(fc.oneof(fc.constantFrom('VALUE k 0 3', 'END', 'STORED', 'SERVER_ERROR x', '\r\n'), fc.string()))
    .map((pieces) => Buffer.from(pieces.join('\r\n')))
  const frame = fc
    .tuple(fc.constantFrom(0, 1, 4, 11), fc.uint8Array({ minLength: 22, maxLength: 40 }))
    .map(([opcode, rest]) => Buffer.from([0x81, opcode, ...rest]))
  const came = fc.oneof(
    lines,
    frame,
    fc.uint8Array().map((bytes) => Buffer.from(bytes)),
  )

  for (const [name, protocol] of Object.entries(protocols)) {
    holds(`${name}: an answer is read or refused, never more than came`, came, (bytes) => {
      for (const command of commands) {
        try {
          const answer = protocol.decode(command, bytes)
          if (answer) assert.ok(answer.used > 0 && answer.used <= bytes.length)
        } catch (error) {
          assert.ok(error instanceof MemcachedRefusal, String(error))
        }
      }
    })
  }

  const value = fc.tuple(fc.uint8Array(), fc.nat({ max: 2 ** 31 }), fc.nat({ max: 60 }))
  holds('text: a value is found in whatever pieces it comes', value, ([bytes, flags, cut]) => {
    const data = Buffer.from(bytes)
    const head = Buffer.from(`VALUE k ${flags} ${data.length}\r\n`)
    const whole = Buffer.concat([head, data, Buffer.from('\r\nEND\r\n')])
    const get = { name: 'get', key: 'k' } as const
    if (cut < whole.length) assert.equal(textProtocol.decode(get, whole.subarray(0, cut)), undefined)
    assert.deepEqual(textProtocol.decode(get, whole), { used: whole.length, value: { data, flags } })
  })

  holds('addresses are read or refused', fc.oneof(fc.string(), fc.webAuthority()), (text) => {
    try {
      const address = parseServerAddress(text)
      assert.ok('path' in address || (address.host !== '' && address.port <= 65_535))
    } catch (error) {
      assert.match((error as Error).message, /^must be host:port/)
    }
  })
})
