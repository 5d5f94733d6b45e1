import assert from 'node:assert/strict'
import { mkdtempSync, readdirSync, rmSync, statSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import fixture from '../fixtures/fernet-vectors.json' with { type: 'json' }
import { decrypt, encrypt, parseKey } from './fernet.ts'
import { KeyRepository, rotateKeys, setUpKeys } from './key-repository.ts'
import { decodePayload, encodePayload, type TokenPayload } from './payload.ts'

const key = parseKey(fixture.key)!
const settings = { methods: fixture.methods, defaultDomainId: 'default' }

function payloadOf(decoded: Record<string, unknown>): TokenPayload {
  const text = (name: string) => decoded[name] as string | undefined
  const groups = decoded['federated_group_ids'] as { id: string }[] | undefined
  return {
    userId: text('user_id')!,
    methods: decoded['methods'] as string[],
    auditIds: decoded['audit_ids'] as string[],
    expiresAt: fixture.expiresAt,
    ...(text('project_id') ? { projectId: text('project_id')! } : {}),
    ...(text('domain_id') ? { domainId: text('domain_id')! } : {}),
    ...(text('system') ? { system: text('system')! } : {}),
    ...(text('trust_id') ? { trustId: text('trust_id')! } : {}),
    ...(text('access_token_id') ? { accessTokenId: text('access_token_id')! } : {}),
    ...(text('app_cred_id') ? { applicationCredentialId: text('app_cred_id')! } : {}),
    ...(groups
      ? {
          federated: {
            groupIds: groups.map((group) => group.id),
            identityProviderId: text('identity_provider_id')!,
            protocolId: text('protocol_id')!,
          },
        }
      : {}),
  }
}

for (const vector of fixture.vectors) {
  test(`The token of the vector ${vector.name} is written byte for byte as Keystone writes it`, () => {
    const bytes = encodePayload(payloadOf(vector.decoded), settings)
    assert.equal(Buffer.from(bytes).toString('hex'), vector.msgpack_hex)
    assert.equal(encrypt(key, bytes, fixture.issuedAt, Buffer.from(fixture.iv, 'hex')), vector.token)
  })

  test(`The token of the vector ${vector.name} is read`, () => {
    const opened = decrypt([key], vector.token)
    assert.equal(opened?.issuedAt, fixture.issuedAt)
    assert.deepEqual(decodePayload(opened.payload, settings), payloadOf(vector.decoded))
  })
}

test('A token that was changed in any place is refused, as is one of another key', () => {
  const { token } = fixture.vectors[0]!
  for (let at = 4; at < token.length - 2; at += 7) {
    const changed = token.slice(0, at) + (token[at] === 'A' ? 'B' : 'A') + token.slice(at + 1)
    assert.equal(decrypt([key], changed), undefined)
  }
  assert.equal(decrypt([parseKey(Buffer.alloc(32, 9).toString('base64url'))!], token), undefined)
  for (const garbage of ['', 'x', 'not a token', `${token} `, 'é'])
    assert.equal(decrypt([key], garbage), undefined)
})

test('A domain id that is neither a UUID nor the default cannot be put into a token', () => {
  const payload = { ...payloadOf(fixture.vectors[0]!.decoded), domainId: 'my-domain' }
  assert.throws(() => encodePayload(payload, settings), TypeError)
})

test('Keys are set up once, rotated without losing the old primary, and only readable by their owner', (t) => {
  const directory = join(mkdtempSync(join(tmpdir(), 'fernet-')), 'keys')
  t.after(() => rmSync(join(directory, '..'), { recursive: true }))
  assert.equal(setUpKeys(directory, 3), true)
  assert.equal(setUpKeys(directory, 3), false)
  let now = 0
  const repository = new KeyRepository(directory, () => (now += 1000))
  const token = encrypt(repository.primary(), Buffer.from('x'), 1)
  rotateKeys(directory, 3)
  assert.ok(decrypt(repository.keys(), token))
  rotateKeys(directory, 3)
  rotateKeys(directory, 3)
  assert.equal(decrypt(repository.keys(), token), undefined)
  assert.deepEqual(readdirSync(directory).toSorted(), ['0', '3', '4'])
  assert.equal(statSync(join(directory, '0')).mode & 0o777, 0o600)
})
