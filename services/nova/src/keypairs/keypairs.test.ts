import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, test } from 'node:test'
import { testCloud, type TestCloud } from '../testing/cloud.ts'

const publicKey =
  'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBFxvqd4xzVJZCAgsQCVgDgh04AcWEb1olD+UL0ZC1+z somebody@example.org'
const certificate = readFileSync(new URL('fixtures/test-only.cert.pem', import.meta.url), 'utf8')

let cloud: TestCloud
before(async () => {
  cloud = await testCloud({ conductor: false, quota: 'key_pairs = 3' })
})
after(async () => {
  await cloud.close()
})

const user = (name: string) => cloud.as(['member', 'reader'], 'demo', { userName: name })
const make = (keypair: object, headers: Record<string, string>) =>
  cloud.call('POST', '/os-keypairs', { keypair }, headers)
const message = (answer: { json: Record<string, unknown> }) =>
  (Object.values(answer.json)[0] as { message: string }).message

test('an imported key is told with its fingerprint, and shown, listed and deleted by name', async () => {
  const alice = user('alice')
  const made = await make({ name: 'mine', public_key: publicKey }, alice)
  const { fingerprint, ...rest } = made.json['keypair'] as Record<string, unknown>
  assert.equal(made.status, 200)
  assert.deepEqual(rest, { name: 'mine', public_key: publicKey, user_id: 'id-user-alice' })
  assert.match(String(fingerprint), /^([0-9a-f]{2}:){15}[0-9a-f]{2}$/)
  const shown = (await cloud.call('GET', '/os-keypairs/mine', undefined, alice)).json['keypair'] as object
  assert.deepEqual(Object.keys(shown).toSorted(), [
    'created_at',
    'deleted',
    'deleted_at',
    'fingerprint',
    'id',
    'name',
    'public_key',
    'updated_at',
    'user_id',
  ])
  const listed = await cloud.call('GET', '/os-keypairs', undefined, alice)
  assert.deepEqual(listed.json, {
    keypairs: [{ keypair: { name: 'mine', public_key: publicKey, fingerprint } }],
  })
  const again = await make({ name: 'mine', public_key: publicKey }, alice)
  assert.deepEqual([again.status, message(again)], [409, "Key pair 'mine' already exists."])
  assert.equal((await cloud.call('DELETE', '/os-keypairs/mine', undefined, alice)).status, 202)
  const gone = await cloud.call('GET', '/os-keypairs/mine', undefined, alice)
  assert.deepEqual([gone.status, message(gone)], [404, 'Keypair mine not found for user id-user-alice'])
})

test('from 2.2 on a key has a type, and statuses say what happened', async () => {
  const bob = cloud.in('2.2', user('bob'))
  const made = await make({ name: 'cert', type: 'x509', public_key: certificate }, bob)
  assert.equal(made.status, 201, JSON.stringify(made.json))
  const { type, fingerprint } = made.json['keypair'] as Record<string, string>
  assert.deepEqual([type, fingerprint?.length], ['x509', 59])
  assert.equal((await make({ name: 'other', type: 'x509' }, bob)).status, 400)
  assert.equal((await make({ name: 'other', type: 'x509' }, user('bob'))).status, 400, 'unknown before')
  assert.equal((await cloud.call('DELETE', '/os-keypairs/cert', undefined, bob)).status, 204)
})

test('a private key is told once and kept nowhere; from 2.92 on none is made', async () => {
  const carol = user('carol')
  const made = await make({ name: 'fresh' }, cloud.in('2.91', carol))
  const { private_key: secret } = made.json['keypair'] as { private_key: string }
  assert.match(secret, /PRIVATE KEY/)
  const shown = await cloud.call('GET', '/os-keypairs/fresh', undefined, cloud.in('2.91', carol))
  assert.ok(!JSON.stringify(shown.json).includes('private_key'))
  const rows = await cloud.db.kysely.selectFrom('key_pairs').selectAll().execute()
  assert.ok(!JSON.stringify(rows).includes('PRIVATE'))
  assert.equal((await make({ name: 'later' }, cloud.in('2.92', carol))).status, 400)
})

test('names have a few signs, and two more from 2.92 on', async () => {
  const dave = user('dave')
  const name = async (text: string, version: '2.91' | '2.92') =>
    (await make({ name: text, public_key: publicKey }, cloud.in(version, dave))).status
  assert.equal(await name('d@example.org', '2.91'), 400)
  assert.equal(await name('d@example.org', '2.92'), 201)
  assert.equal(await name('d/e', '2.92'), 400)
  assert.equal(await name('d e_f-1', '2.91'), 201)
})

test('another user is named by administrators only, from 2.10 on', async () => {
  const erin = user('erin')
  const admin = cloud.as(['admin'], 'admin', { userName: 'root' })
  const keypair = { name: 'given', public_key: publicKey, user_id: 'id-user-erin' }
  assert.equal((await make(keypair, cloud.in('2.10', user('mallory')))).status, 403)
  assert.equal((await make(keypair, cloud.in('2.9', admin))).status, 400)
  assert.equal((await make(keypair, cloud.in('2.10', admin))).status, 201)
  assert.equal((await cloud.call('GET', '/os-keypairs/given', undefined, erin)).status, 200)
  const asked = '?user_id=id-user-erin'
  for (const path of [`/os-keypairs${asked}`, `/os-keypairs/given${asked}`]) {
    assert.equal((await cloud.call('GET', path, undefined, cloud.in('2.10', admin))).status, 200)
    assert.equal((await cloud.call('GET', path, undefined, cloud.in('2.10', user('mallory')))).status, 403)
  }
  const ignored = await cloud.call('GET', `/os-keypairs${asked}`, undefined, cloud.in('2.9', admin))
  assert.deepEqual(ignored.json, { keypairs: [] })
  const gone = await cloud.call('DELETE', `/os-keypairs/given${asked}`, undefined, cloud.in('2.10', admin))
  assert.equal(gone.status, 204)
})

test('pages come with 2.35', async () => {
  const frank = user('frank')
  for (const name of ['b', 'a', 'c']) await make({ name, public_key: publicKey }, frank)
  const names = async (query: string, version: '2.34' | '2.35') => {
    const answer = await cloud.call('GET', `/os-keypairs${query}`, undefined, cloud.in(version, frank))
    const list = answer.json['keypairs'] as { keypair: { name: string } }[]
    return { names: list.map(({ keypair }) => keypair.name), links: answer.json['keypairs_links'] }
  }
  assert.deepEqual(await names('?limit=1', '2.34'), { names: ['a', 'b', 'c'], links: undefined })
  const page = await names('?limit=2', '2.35')
  assert.deepEqual(page.names, ['a', 'b'])
  assert.match((page.links as { href: string }[])[0]!.href, /\/v2\.1\/os-keypairs\?limit=2&marker=b$/)
  assert.deepEqual((await names('?limit=2&marker=b', '2.35')).names, ['c'])
  const missing = await cloud.call('GET', '/os-keypairs?marker=x', undefined, cloud.in('2.35', frank))
  assert.deepEqual([missing.status, message(missing)], [400, 'Marker x could not be found.'])
})

test('a user has as many as the quota says, also when they come at once', async () => {
  const grace = user('grace')
  const answers = await Promise.all(
    Array.from({ length: 8 }, (_, i) => make({ name: `k${i}`, public_key: publicKey }, grace)),
  )
  const made = answers.filter(({ status }) => status === 200)
  const refused = answers.filter(({ status }) => status === 403)
  assert.deepEqual([made.length, refused.length], [3, 5])
  assert.equal(message(refused[0]!), 'Quota exceeded, too many key pairs.')
})

test('what is no key is refused', async () => {
  const answer = await make({ name: 'bad', public_key: 'ssh-rsa AAAA' }, user('heidi'))
  assert.deepEqual(
    [answer.status, message(answer)],
    [400, 'Keypair data is invalid: failed to generate fingerprint'],
  )
})
