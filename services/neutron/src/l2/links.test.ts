import assert from 'node:assert/strict'
import { execFileSync } from 'node:child_process'
import { EventEmitter, once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { connect, createServer, type AddressInfo, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { createLogger } from '@longhaul/oslo/log'
import { frameOf } from './fixtures/frames.ts'
import { frameMessage, helloMessage, MessageReader } from './link-messages.ts'
import type { LinkTls } from './link-sockets.ts'
import { Links, type LinksOptions } from './links.ts'

const program = 'openssl'
const network = Buffer.alloc(16, 7)
const frame = frameOf('fa:16:3e:00:00:0a')

/** The links of a host; what happens to them are events. */
async function host(t: TestContext, self: string, more: Partial<LinksOptions> = {}) {
  const events = new EventEmitter()
  const log = new PassThrough({ encoding: 'utf8' })
  const traffic = { refused: 0, dropped: 0 }
  log.on('data', (text: string) => events.emit('log', text))
  const links = new Links({
    self,
    listen: { host: '127.0.0.1', port: 0 },
    tls: undefined,
    traffic,
    onFrame: (...came) => events.emit('frame', ...came),
    onClose: ({ host: other }) => events.emit('close', other),
    logger: createLogger({ service: 'test', stream: log }),
    ...more,
  })
  t.after(() => links.close())
  const link = `127.0.0.1:${await links.listen()}`
  const logged = async (words: string) => {
    for (;;) {
      const [text] = (await once(events, 'log')) as [string]
      if (text.includes(words)) return text
    }
  }
  return { self, links, link, events, traffic, peer: { host: self, link }, logged }
}

type Host = Awaited<ReturnType<typeof host>>

async function linked(one: Host, other: Host): Promise<void> {
  const both = [one.logged('linked to a host'), other.logged('linked to a host')]
  other.links.want([one.peer])
  one.links.want([other.peer])
  await Promise.all(both)
}

async function passes(from: Host, to: Host): Promise<void> {
  const came = once(to.events, 'frame')
  for (const link of from.links.open) link.send(frame, network)
  const [got, where] = (await came) as [Buffer, Buffer]
  assert.deepEqual([got, where], [frame, network])
}

/** What a connection is sent, but for the hello. */
async function refusal(socket: Socket): Promise<number> {
  const chunks = await socket.toArray()
  const reader = new MessageReader()
  for (const chunk of chunks as Buffer[]) reader.add(chunk)
  let count = 0
  while (reader.next()) count++
  return count
}

test('two hosts have one link, over which frames go both ways, and a new one when it breaks', async (t) => {
  const [one, other] = [await host(t, 'host1'), await host(t, 'host2')]
  await linked(one, other)
  await passes(one, other)
  await passes(other, one)
  const again = [one.logged('linked to a host'), other.logged('linked to a host')]
  const closed = once(other.events, 'close')
  for (const link of one.links.open) link.close()
  assert.deepEqual(await closed, ['host1'])
  await Promise.all(again)
  await passes(other, one)
  assert.deepEqual([one.links.open.size, other.links.open.size], [1, 1])
})

test('a link to a host that is not named any more stays for as long as it holds', async (t) => {
  const [one, other] = [await host(t, 'host1'), await host(t, 'host2')]
  await linked(one, other)
  one.links.want([])
  other.links.want([])
  await passes(one, other)
  for (const link of one.links.open) link.close()
  await once(other.events, 'close')
  await one.links.close()
  assert.equal(one.links.open.size, 0)
})

test('who is not expected, or says no hello, is sent away', async (t) => {
  const one = await host(t, 'host5')
  one.links.want([{ host: 'host4', link: '127.0.0.1:1' }])
  const { port } = new URL(`tcp://${one.link}`)
  for (const hello of [
    helloMessage({ protocol: 1, host: 'stranger' }),
    helloMessage({ protocol: 2, host: 'host4' }),
    Buffer.from('GET / HTTP/1.1\r\n\r\n'),
    frameMessage(frame, network),
  ]) {
    const socket = connect({ host: '127.0.0.1', port: Number(port) })
    socket.write(hello)
    assert.equal(await refusal(socket), 1)
  }
  const right = connect({ host: '127.0.0.1', port: Number(port) })
  const accepted = one.logged('linked to a host')
  right.write(helloMessage({ protocol: 1, host: 'host4' }))
  await accepted
  const came = once(one.events, 'frame')
  right.write(frameMessage(frame, network))
  await came
  const over = once(one.events, 'close')
  right.write(Buffer.from('ffffffff', 'hex'))
  await over
})

test('a host that takes no frames, or is silent, holds nobody up', async (t) => {
  const sockets: Socket[] = []
  const deaf = createServer((socket) => {
    sockets.push(socket.pause())
    socket.write(helloMessage({ protocol: 1, host: 'host9' }))
  }).listen(0, '127.0.0.1')
  await once(deaf, 'listening')
  t.after(() => {
    deaf.close()
    for (const socket of sockets) socket.destroy()
  })
  const one = await host(t, 'host1', { heartbeatInterval: 100 })
  const isLinked = one.logged('linked to a host')
  one.links.want([{ host: 'host9', link: `127.0.0.1:${(deaf.address() as AddressInfo).port}` }])
  await isLinked
  const over = one.logged('nothing was heard')
  const large = Buffer.alloc(60_000, 1)
  for (let count = 0; count < 1000; count++) for (const link of one.links.open) link.send(large, network)
  assert.ok(one.traffic.dropped > 700, String(one.traffic.dropped))
  await over
})

test('off loopback there is no link without TLS, and with it only certified hosts', async (t) => {
  await assert.rejects(host(t, 'host1', { listen: { host: '0.0.0.0', port: 0 } }), {
    code: 'plain_link_refused',
  })
  const directory = mkdtempSync(join(tmpdir(), 'links-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const certificate = (name: string): LinkTls => {
    const [key, cert] = [join(directory, `${name}.key`), join(directory, `${name}.pem`)]
    const words = `req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -days 2 -subj /CN=${name}`
    const output = ['-addext', `subjectAltName=DNS:${name}`, '-keyout', key, '-out', cert]
    execFileSync(program, [...words.split(' '), ...output], { stdio: 'ignore' })
    return { key: readFileSync(key), cert: readFileSync(cert), ca: '' }
  }
  const [first, second, third] = [certificate('host1'), certificate('host2'), certificate('host3')]
  const ca = Buffer.concat([first.cert, second.cert].map((cert) => Buffer.from(cert)))
  const one = await host(t, 'host1', { tls: { ...first, ca } })
  const other = await host(t, 'host2', { tls: { ...second, ca } })
  await linked(one, other)
  await passes(one, other)
  const foreign = await host(t, 'host0', { tls: { ...third, ca } })
  const refused = other.logged('a link was refused')
  other.links.want([one.peer, foreign.peer])
  foreign.links.want([other.peer])
  await refused
  // A certificate of this authority, with the name of another host.
  const liar = await host(t, 'host0', { tls: { ...first, ca } })
  const unmasked = other.logged('host0 is not expected here')
  liar.links.want([other.peer])
  await unmasked
  assert.equal(other.links.open.size, 1)
})
