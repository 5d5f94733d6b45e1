import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { describe, it } from 'node:test'
import { MemcachedServerFixture, type MemcachedFixtureOptions } from '../fixtures/memcached-server.ts'
import { binaryProtocol } from './binary-protocol.ts'
import { MemcachedClient, type MemcachedClientSettings } from './client.ts'
import { parseServerAddress } from './server-address.ts'
import { textProtocol } from './text-protocol.ts'

const loopback = (name: string) =>
  readFileSync(new URL(`../../../keystoneauth/src/fixtures/loopback-${name}.pem`, import.meta.url))
const login = { username: 'glance', password: 'secret' }

/** A client of some servers, with a clock set by hand and what it said of them. */
function clientOf(
  servers: readonly MemcachedServerFixture[],
  settings: Partial<MemcachedClientSettings> = {},
) {
  const clock = { time: Date.parse('2026-03-01T12:00:00Z') }
  const said: string[] = []
  const client = new MemcachedClient({
    servers: servers.map(({ address }) => parseServerAddress(address)),
    protocol: textProtocol,
    timeoutMs: 1000,
    maxSize: 3,
    unusedMs: 60_000,
    waitMs: 1000,
    deadRetryMs: 300_000,
    now: () => new Date(clock.time),
    watcher: {
      died: (server) => said.push(`died ${server}`),
      revived: (server) => said.push(`revived ${server}`),
    },
    ...settings,
  })
  return { client, clock, said, [Symbol.dispose]: () => client.close() }
}

const value = (text: string, flags = 0) => ({ data: Buffer.from(text), flags })
const binary = { protocol: binaryProtocol, credentials: login }

const languages: {
  name: string
  server: MemcachedFixtureOptions
  client: Partial<MemcachedClientSettings>
}[] = [
  { name: 'the text protocol', server: {}, client: {} },
  { name: 'the binary protocol with a login', server: { login }, client: binary },
  {
    name: 'TLS',
    server: { tls: { cert: loopback('cert'), key: loopback('key') } },
    client: { tls: { ca: loopback('cert') } },
  },
]

describe('a memcached client', () => {
  for (const { name, server, client: settings } of languages) {
    it(`keeps, finds and deletes values: ${name}`, async () => {
      await using memcached = await MemcachedServerFixture.start(server)
      using stage = clientOf([memcached], settings)
      const { client } = stage
      assert.equal(await client.get('k'), undefined)
      const odd = { data: Buffer.from('\r\nEND\r\nVALUE \u0000ü'), flags: 16 }
      await client.set('k', odd, 77)
      assert.deepEqual(await client.get('k'), odd)
      assert.equal(memcached.values.get('k')?.expires, 77)
      await client.set('large', value('x'.repeat(300_000)), 1)
      assert.equal((await client.get('large'))?.data.length, 300_000)
      await client.delete('k')
      await client.delete('k')
      assert.equal(await client.get('k'), undefined)
      assert.deepEqual([...(await client.versions()).values()], ['1.6.0'])
      assert.equal(memcached.connections, 1)
    })
  }

  for (const { name, server, client: settings } of languages) {
    it(`believes no answer about another key: ${name}`, async () => {
      await using memcached = await MemcachedServerFixture.start(server)
      using stage = clientOf([memcached], settings)
      await stage.client.set('k', value('v'), 10)
      memcached.confused = true
      await assert.rejects(stage.client.get('k'), /another key/)
      memcached.confused = false
      assert.equal((await stage.client.get('k'))?.data.toString(), 'v')
    })
  }

  it('waits once for a server that does not answer, and leaves it alone from then on', async () => {
    await using memcached = await MemcachedServerFixture.start()
    using stage = clientOf([memcached], { timeoutMs: 20 })
    const { client, clock } = stage
    await client.set('k', value('v'), 10)
    memcached.silent = true
    const asked = client.get('k')
    clock.time += 3000
    await assert.rejects(asked, /no answer to get within 20 ms/)
    assert.equal(memcached.connections, 1, 'it was not asked again')
    assert.equal(await client.get('k'), undefined, 'its second of rest begins when it was found dead')
    clock.time += 1000
    memcached.silent = false
    assert.equal((await client.get('k'))?.data.toString(), 'v')
  })

  it('is told of a login that is refused, and of a certificate that is not trusted', async () => {
    await using guarded = await MemcachedServerFixture.start({ login })
    using wrong = clientOf([guarded], { ...binary, credentials: { ...login, password: 'wrong' } })
    await assert.rejects(wrong.client.get('k'), /the login was refused/)
    await guarded.idle()
    assert.equal(wrong.said.length, 1)
    await using tls = await MemcachedServerFixture.start({
      tls: { cert: loopback('cert'), key: loopback('key') },
    })
    using distrusting = clientOf([tls], { tls: {} })
    await assert.rejects(distrusting.client.get('k'), { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' })
  })

  it('has no more connections than allowed, and hands them on', async () => {
    await using memcached = await MemcachedServerFixture.start()
    using stage = clientOf([memcached])
    await stage.client.set('k', value('v'), 10)
    const all = await Promise.all(Array.from({ length: 50 }, () => stage.client.get('k')))
    assert.ok(all.every((found) => found?.data.toString() === 'v'))
    assert.equal(memcached.connections, 3)
  })

  it('closes connections that are not used', async () => {
    await using memcached = await MemcachedServerFixture.start()
    using stage = clientOf([memcached], { unusedMs: 1 })
    await stage.client.get('k')
    await memcached.idle()
    await stage.client.get('k')
    assert.equal(memcached.connections, 2)
  })

  it('leaves a dead server alone, tells so once, and tries it again', async () => {
    const memcached = await MemcachedServerFixture.start()
    const { port } = memcached
    using stage = clientOf([memcached])
    const { client, clock, said } = stage
    await client.set('k', value('v'), 10)
    await memcached.stop()
    await assert.rejects(client.get('k'))
    assert.equal(await client.get('k'), undefined, 'not asked')
    clock.time += 1000
    await assert.rejects(client.get('k'))
    assert.deepEqual(said, [`died 127.0.0.1:${port}`])
    await using again = await MemcachedServerFixture.start({ port })
    assert.equal(await client.get('k'), undefined)
    assert.deepEqual(again.commands, [])
    clock.time += 1000
    await client.set('k', value('v'), 10)
    assert.deepEqual(said, [`died 127.0.0.1:${port}`, `revived 127.0.0.1:${port}`])
  })

  it('does not take a server for dead that was started anew while connections were kept', async () => {
    const memcached = await MemcachedServerFixture.start()
    const { port } = memcached
    using stage = clientOf([memcached])
    await stage.client.get('k')
    await memcached.stop()
    await using again = await MemcachedServerFixture.start({ port })
    await stage.client.get('k')
    assert.deepEqual([again.commands, stage.said], [['get k'], []])
  })

  it('gives up on a server that is silent, for all who wait', async () => {
    await using memcached = await MemcachedServerFixture.start()
    memcached.silent = true
    using stage = clientOf([memcached], { timeoutMs: 50 })
    const outcomes = await Promise.allSettled(Array.from({ length: 20 }, () => stage.client.get('k')))
    assert.ok(outcomes.every(({ status }) => status === 'rejected'))
    assert.equal(await stage.client.get('k'), undefined)
    assert.ok(memcached.connections <= 6, `${memcached.connections} connections`)
  })

  it('finds a key where clients in Python do', async () => {
    // Index of the server of each key, as python-memcached 1.59 chose among three.
    const places = { 'tokens/0': 2, 'tokens/1': 2, 'tokens/2': 0, 'tokens/3': 2, 'tokens/4': 2 }
    const servers = await Promise.all([1, 2, 3].map(() => MemcachedServerFixture.start()))
    using stage = clientOf(servers)
    for (const [key, place] of Object.entries(places)) {
      await stage.client.set(key, value('v'), 10)
      const found = servers.findIndex((server) => server.values.has(key))
      assert.equal(found, place, key)
    }
    // And the next one when that server is dead.
    await servers[places['tokens/0']]!.stop()
    await assert.rejects(stage.client.get('tokens/0'))
    await stage.client.set('tokens/0', value('v'), 10)
    assert.equal(
      servers.findIndex((server) => server.values.has('tokens/0') && server !== servers[places['tokens/0']]),
      0,
    )
    for (const server of servers) await server[Symbol.asyncDispose]()
  })

  it('with a login keeps values on every server, and finds them on any', async () => {
    const servers = await Promise.all([1, 2].map(() => MemcachedServerFixture.start({ login })))
    using stage = clientOf(servers, binary)
    await stage.client.set('k', value('v'), 10)
    assert.deepEqual(
      servers.map(({ values }) => values.has('k')),
      [true, true],
    )
    servers[0]!.values.clear()
    assert.equal((await stage.client.get('k'))?.data.toString(), 'v')
    for (const server of servers) await server[Symbol.asyncDispose]()
  })

  it('takes an answer that is none for a failure', async () => {
    await using memcached = await MemcachedServerFixture.start()
    using stage = clientOf([memcached], { protocol: binaryProtocol, timeoutMs: 200 })
    await assert.rejects(stage.client.get('k'))
  })
})

describe('memcached_servers', () => {
  it('are read in every form', () => {
    const read = (text: string) => parseServerAddress(text)
    assert.deepEqual(read('mc1:11212'), { host: 'mc1', port: 11_212 })
    assert.deepEqual(read('mc1'), { host: 'mc1', port: 11_211 })
    assert.deepEqual(read('[::1]:11213'), { host: '::1', port: 11_213 })
    assert.deepEqual(read('inet6:[fd00::1]:11213'), { host: 'fd00::1', port: 11_213 })
    assert.deepEqual(read('inet:10.0.0.1:1'), { host: '10.0.0.1', port: 1 })
    assert.deepEqual(read('unix:/run/mc.sock'), { path: '/run/mc.sock' })
    for (const wrong of ['', 'a:b', '::1', 'mc:99999', 'mc:1:2']) assert.throws(() => read(wrong), wrong)
  })
})
