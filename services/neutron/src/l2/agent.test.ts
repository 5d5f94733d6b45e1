import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { on } from 'node:events'
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { after, test, type TestContext } from 'node:test'
import { Adapter, Session } from '@longhaul/keystoneauth'
import { createLogger } from '@longhaul/oslo/log'
import { testNeutron } from '../testing/neutron.ts'
import { createAgent } from './app.ts'
import { frameOf, machine, untilHeard, type Machine } from './fixtures/frames.ts'

const neutron = await testNeutron({ after }, { wiringPatience: 10_000 })
const { ask, make, service, agent: token, events } = neutron
const url = await neutron.app.listen({ host: '127.0.0.1', port: 0 })
const session = new Session()
after(() => session.close())
const directory = mkdtempSync(join(tmpdir(), 'l2-agent-'))
after(() => rmSync(directory, { recursive: true }))

const [a, b, c] = ['fa:16:3e:00:00:0a', 'fa:16:3e:00:00:0b', 'fa:16:3e:00:00:0c']

/** The agent of a host, with an address of its own for guests. */
async function agent(t: TestContext, host: string, number: number) {
  const stateDirectory = join(directory, host)
  mkdirSync(stateDirectory, { recursive: true })
  const adapter = new Adapter({ session, endpointOverride: url })
  const state = { isServerAway: false }
  const log = new PassThrough({ encoding: 'utf8' }).on('data', () => {})
  const asAgent = <T>(call: (headers: object) => Promise<T>): Promise<T> =>
    state.isServerAway ? Promise.reject(new Error('away')) : call({ headers: token, authenticated: false })
  const made = createAgent({
    host,
    version: '0.0.0',
    stateDirectory,
    server: {
      get: (path, options) => asAgent((more) => adapter.get(path, { ...options, ...more })),
      put: (path, options) => asAgent((more) => adapter.put(path, { ...options, ...more })),
    },
    guests: { localIp: `127.0.77.${number}`, firstPort: 20_000, lastPort: 20_999 },
    link: { host: '127.0.0.1', port: 0 },
    reportInterval: () => 60_000,
    logger: createLogger({ service: 'test', stream: log }),
    clock: performance.now.bind(performance),
  })
  let isUp = true
  const stop = async () => {
    if (isUp) await made.stop()
    isUp = false
  }
  t.after(stop)
  await made.start()
  const logged = async (words: string) => {
    for await (const [text] of on(log, 'data') as AsyncIterable<[string]>) if (text.includes(words)) return
  }
  return { ...made, stop, state, logged }
}

type Document = Record<string, unknown>

interface Binding {
  vif_details: { host: string; port: number }
}

/** A port of a server on a host, and its machine. */
async function onHost(t: TestContext, network_id: string, mac_address: string, host: string) {
  const wanted = { network_id, mac_address, device_id: randomUUID(), device_owner: 'compute:nova' }
  const { id } = await make('port', wanted, neutron.admin)
  const at = `/v2.0/ports/${id}`
  const body = { port: { 'binding:host_id': host } }
  const bound = await ask('PUT', at, service, body)
  const port = bound.body['port'] as Document
  const guest = await guestOf(t, { vif_details: port['binding:vif_details'] } as Binding)
  const status = async () => ((await ask('GET', at, service)).body['port'] as Document)['status']
  return { id, at, guest, status, bound: port }
}

async function guestOf(t: TestContext, { vif_details }: Binding): Promise<Machine> {
  const one = await machine({ address: vif_details.host, port: vif_details.port })
  t.after(() => one.close())
  return one
}

/** What nova was told of the wiring of a port. */
const told = (id: string) =>
  events.flatMap(({ tag, name }) => (tag === id && name !== 'network-changed' ? [name] : []))

test('guests on two hosts reach each other, also after one of them has moved', async (t) => {
  await agent(t, 'host1', 1)
  await agent(t, 'host2', 2)
  const { id: network } = await make('network', {}, neutron.admin)
  const one = await onHost(t, network, a, 'host1')
  const other = await onHost(t, network, b, 'host2')
  const third = await onHost(t, network, c, 'host1')
  assert.equal(one.bound['binding:vif_type'], 'dgram')
  assert.deepEqual([one.bound['status'], told(one.id)], ['ACTIVE', ['network-vif-plugged']])
  one.guest.send(frameOf(a))
  for (const [who, mac] of [
    [other, b],
    [third, c],
  ] as const) {
    await untilHeard(who.guest, frameOf(mac), one.guest)
  }
  await untilHeard(one.guest, frameOf(a, b), other.guest)
  await untilHeard(other.guest, frameOf(b, a), one.guest)

  const made = await ask('POST', `${one.at}/bindings`, service, { binding: { host: 'host2' } })
  assert.deepEqual(told(one.id), ['network-vif-plugged', 'network-vif-plugged'], 'it is wired there, too')
  const moved = await guestOf(t, made.body['binding'] as Binding)
  await untilHeard(other.guest, frameOf(b, a, 0x0800), one.guest)
  assert.equal(moved.frames.length, 0, 'until it announces itself its frames go where it is')
  for (const who of [other, third]) await untilHeard(moved, frameOf(a), who.guest)
  const [near, far] = [frameOf(b, a, 0x0801), frameOf(c, a, 0x0801)]
  await untilHeard(other.guest, near, moved)
  await untilHeard(third.guest, far, moved)
  assert.ok(!one.guest.frames.some((frame) => frame.equals(near) || frame.equals(far)))
  assert.equal((await ask('PUT', `${one.at}/bindings/host2/activate`, service)).status, 200)
  assert.equal((await ask('DELETE', `${one.at}/bindings/host1`, service)).status, 204)
  assert.equal(await one.status(), 'ACTIVE')
  await untilHeard(moved, frameOf(a, b, 0x0802), other.guest)
})

test('an agent that begins anew has lost nothing, and wires while the server is away', async (t) => {
  const first = await agent(t, 'host3', 3)
  const second = await agent(t, 'host4', 4)
  const { id: network } = await make('network', {}, neutron.admin)
  const one = await onHost(t, network, a, 'host3')
  const other = await onHost(t, network, b, 'host4')
  one.guest.send(frameOf(a))
  await untilHeard(other.guest, frameOf(b), one.guest)
  const known = told(one.id)
  await first.stop()
  await agent(t, 'host3', 3)
  // The guest says nothing, and is at the port that it was started with.
  await untilHeard(other.guest, frameOf(b, a), one.guest)
  assert.deepEqual([await one.status(), told(one.id)], ['ACTIVE', known])
  const third = await onHost(t, network, c, 'host4')
  second.state.isServerAway = true
  const isAway = second.logged('does not say what to wire')
  await ask('DELETE', third.at, neutron.admin)
  await isAway
  await untilHeard(other.guest, frameOf(b, a, 0x0800), one.guest)
})

test('metrics tell of ports, links and frames that were lost', async (t) => {
  const { app } = await agent(t, 'host5', 5)
  t.after(() => app.close())
  const { id: network } = await make('network', {}, neutron.admin)
  const { guest } = await onHost(t, network, a, 'host5')
  const metrics = async () => (await app.inject('/metrics')).body
  assert.match(await metrics(), /^l2_ports\{service="neutron-l2-agent"\} 1$/m)
  const lost = /^l2_frames_lost_total\{reason="refused",.*\} [1-9]/m
  do {
    guest.send(frameOf(b))
    await new Promise(setImmediate)
  } while (!lost.test(await metrics()))
  assert.equal((await app.inject('/healthcheck')).statusCode, 200)
})
