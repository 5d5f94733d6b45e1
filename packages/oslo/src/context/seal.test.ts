import assert from 'node:assert/strict'
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, test } from 'node:test'
import {
  generateMasterKey,
  openContext,
  parseSealingKey,
  readSealingKey,
  recipientKey,
  sealContext,
} from './index.ts'
import type { RequestContext } from './index.ts'

const masterText = generateMasterKey(() => Buffer.alloc(32, 7))
const master = parseSealingKey(masterText)
const hostA = parseSealingKey(recipientKey(masterText, 'compute-a'))
const hostB = parseSealingKey(recipientKey(masterText, 'compute-b'))
const bound = { operation: 'op-1', host: 'compute-a' }

const endpoints = [{ url: 'http://h', interface: 'public', region: 'RegionOne' }]
const context: RequestContext = {
  requestId: 'req-1',
  userId: 'u1',
  userName: 'démo',
  userDomainId: 'default',
  projectId: 'p1',
  roles: ['member'],
  isAdminProject: true,
  authToken: 'gAAAAA-token',
  tokenAuditId: 'a1',
  tokenExpiresAt: '2026-01-01T01:00:00Z',
  catalog: ['identity', 'image', 'volumev2', 'volumev3', 'network', 'object-store'].map((type) => ({
    type,
    endpoints,
  })),
  serviceRoles: ['service'],
  serviceUserId: 's1',
  serviceTokenAuditId: 'as',
}

const sealed = sealContext(context, master, bound)

function altered(change: (bytes: Buffer) => void): string {
  const bytes = Buffer.from(sealed, 'base64url')
  change(bytes)
  return bytes.toString('base64url')
}

test('what was sealed opens with the master key and with the key of its host', () => {
  for (const key of [master, hostA]) {
    const opened = openContext(sealed, key, bound)
    assert.equal(opened.authToken, 'gAAAAA-token')
    assert.equal(opened.userName, 'démo')
    assert.deepEqual(opened.roles, ['member'])
  }
  assert.equal(openContext(sealContext(context, hostA, bound), master, bound).userId, 'u1')
})

test('nothing of the service token crosses, and of the catalog only what an operation calls', () => {
  const opened = openContext(sealed, master, bound)
  const service = Object.keys(opened).filter((name) => name.startsWith('service'))
  assert.deepEqual(service, ['serviceRoles'])
  assert.deepEqual(opened.serviceRoles, [])
  assert.deepEqual(
    opened.catalog?.map((entry) => entry.type),
    ['image', 'volumev3', 'network'],
  )
})

test('neither token nor name can be read in the sealed text, and no two seals are alike', () => {
  const bytes = Buffer.from(sealed, 'base64url')
  assert.match(sealed, /^[\w-]+$/)
  assert.equal(bytes[0], 1)
  for (const word of ['gAAAAA', 'member', 'p1"']) assert.equal(bytes.includes(word), false, word)
  assert.notEqual(sealContext(context, master, bound), sealed)
})

test('a seal does not open for another operation or another host', () => {
  const invalid = { code: 'seal_invalid' }
  assert.throws(() => openContext(sealed, master, { ...bound, operation: 'op-2' }), invalid)
  assert.throws(() => openContext(sealed, master, { ...bound, host: 'compute-b' }), invalid)
  assert.throws(() => openContext(sealed, hostA, { operation: 'op-1c', host: 'ompute-a' }), {
    code: 'seal_recipient',
  })
  assert.throws(() => openContext(sealed, hostB, { ...bound, host: 'compute-b' }), invalid)
})

test("a host's key neither opens nor seals for another host", () => {
  assert.throws(() => openContext(sealed, hostB, bound), { code: 'seal_recipient' })
  assert.throws(() => sealContext(context, hostB, bound), { code: 'seal_recipient' })
})

test('operation and host cannot be shifted into each other', () => {
  const shifted = sealContext(context, master, { operation: 'ab', host: 'c' })
  assert.throws(() => openContext(shifted, master, { operation: 'a', host: 'bc' }), { code: 'seal_invalid' })
})

test('another master key opens nothing', () => {
  const other = parseSealingKey(generateMasterKey())
  assert.throws(() => openContext(sealed, other, bound), { code: 'seal_invalid' })
})

describe('an altered seal is refused', () => {
  const length = Buffer.from(sealed, 'base64url').length
  for (const [part, at] of [
    ['nonce', 1],
    ['text', 20],
    ['tag', length - 1],
  ] as const) {
    test(`in its ${part}`, () => {
      const bad = altered((bytes) => bytes.writeUInt8((bytes[at] ?? 0) ^ 1, at))
      assert.throws(() => openContext(bad, master, bound), { code: 'seal_invalid' })
    })
  }

  test('in its version', () => {
    const bad = altered((bytes) => bytes.writeUInt8(2, 0))
    assert.throws(() => openContext(bad, master, bound), { code: 'seal_version' })
  })

  test('cut, empty or no base64', () => {
    for (const bad of [sealed.slice(0, -4), sealed.slice(0, 20), '', '%%%']) {
      assert.throws(() => openContext(bad, master, bound), { code: 'seal_invalid' })
    }
  })

  test('and the error tells nothing of the content', () => {
    const bad = altered((bytes) => bytes.writeUInt8(0, 30))
    assert.throws(
      () => openContext(bad, master, bound),
      (error: Error) => !JSON.stringify([error.message, error.cause]).includes('gAAAAA'),
    )
  })
})

describe('a key file', () => {
  const folder = mkdtempSync(join(tmpdir(), 'oslo-key-'))
  const write = (name: string, text: string, mode: number) => {
    const path = join(folder, name)
    writeFileSync(path, text)
    chmodSync(path, mode)
    return path
  }

  test('is read as what it is', (t) => {
    t.after(() => rmSync(folder, { recursive: true }))
    assert.deepEqual(readSealingKey(write('master', masterText, 0o600)), master)
    assert.deepEqual(readSealingKey(write('host', recipientKey(master, 'compute-a'), 0o400)), hostA)
    for (const mode of [0o640, 0o604, 0o660, 0o644]) {
      const path = write(`open-${mode}`, masterText, mode)
      assert.throws(() => readSealingKey(path), { code: 'sealing_key_invalid', message: /0600/ })
    }
    assert.throws(() => readSealingKey(join(folder, 'none')), { code: 'ENOENT' })
  })

  test('of another content is refused without showing it', () => {
    const key = 'A'.repeat(43)
    for (const text of [
      '',
      key,
      `longhaul-sealing-master-1 ${key.slice(2)}`,
      `longhaul-sealing-master-2 ${key}`,
      `longhaul-sealing-recipient-1 ${key}`,
    ]) {
      assert.throws(
        () => parseSealingKey(text),
        (error: Error & { code: string }) =>
          error.code === 'sealing_key_invalid' && !error.message.includes('AAAA'),
      )
    }
  })

  test("of a host gives no key for another host, and a host's name has no white space", () => {
    assert.throws(() => recipientKey(hostA, 'compute-b'), { code: 'sealing_key_invalid' })
    for (const host of ['', 'a b', 'a\n'])
      assert.throws(() => recipientKey(master, host), { code: 'sealing_key_invalid' })
  })

  test('is different for each host and each time it is generated', () => {
    assert.notEqual(recipientKey(master, 'a').split(' ')[2], recipientKey(master, 'b').split(' ')[2])
    assert.notEqual(generateMasterKey(), generateMasterKey())
  })
})
