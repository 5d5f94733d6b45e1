import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { createLogger } from '@longhaul/oslo/log'
import { frameOf, machine, untilHeard, type Machine } from './fixtures/frames.ts'
import { wantedPort } from './fixtures/ports.ts'
import { GuestFile } from './guest-file.ts'
import { Switch, type WantedPort } from './switch.ts'
import { udpSockets } from './udp-sockets.ts'

const [a, b, c] = ['fa:16:3e:00:00:0a', 'fa:16:3e:00:00:0b', 'fa:16:3e:00:00:0c']

function stage(t: TestContext) {
  const directory = mkdtempSync(join(tmpdir(), 'switch-'))
  t.after(() => rmSync(directory, { recursive: true }))
  const log = new PassThrough({ encoding: 'utf8' })
  const make = () =>
    new Switch({
      links: new Set(),
      guests: new GuestFile(join(directory, 'guests.json')),
      sockets: udpSockets,
      traffic: { refused: 0, dropped: 0 },
      clock: performance.now.bind(performance),
      logger: createLogger({ service: 'test', stream: log }),
    })
  const guestOf = async ({ local_ip, udp_port }: WantedPort) => {
    const one = await machine({ address: local_ip, port: udp_port })
    t.after(() => one.close())
    return one
  }
  const logged = () => (log.read() as string | null) ?? ''
  return { make, guestOf, logged }
}

async function pair(t: TestContext) {
  const { make, guestOf, logged } = stage(t)
  const network_id = randomUUID()
  const ports = [await wantedPort(a, { network_id }), await wantedPort(b, { network_id })] as const
  const [first, second] = [await guestOf(ports[0]), await guestOf(ports[1])]
  /** Has both send, so that they reach each other. */
  const meet = async () => {
    first.send(frameOf(a))
    await untilHeard(second, frameOf(b), first)
    await untilHeard(first, frameOf(a, b), second)
  }
  return { make, guestOf, logged, network_id, ports, first, second, meet }
}

const sources = ({ frames }: Machine) => new Set(frames.map((frame) => frame.toString('hex', 6, 12)))

test('guests of a network reach each other, and those of another do not', async (t) => {
  const { make, guestOf, ports, first, meet } = await pair(t)
  const foreign = await wantedPort(c)
  const one = make()
  t.after(() => one.close())
  await one.wire([...ports, foreign])
  assert.deepEqual(new Set(one.wired), new Set([...ports, foreign].map(({ id }) => id)))
  const stranger = await guestOf(foreign)
  stranger.send(frameOf(c, a))
  await meet()
  assert.deepEqual(sources(first), new Set(['fa163e00000b']))
  assert.deepEqual(stranger.frames, [])
})

test('the next process serves guests that say nothing', async (t) => {
  const { make, ports, first, second, meet } = await pair(t)
  const before = make()
  await before.wire(ports)
  await meet()
  await before.close()
  const after = make()
  t.after(() => after.close())
  await after.wire(ports)
  await untilHeard(second, frameOf(b, a, 0x0800), first)
})

test('what is wanted no more is let go of, and what is wanted otherwise is wired anew', async (t) => {
  const { make, guestOf, network_id, ports, second } = await pair(t)
  const one = make()
  t.after(() => one.close())
  await one.wire(ports)
  // The port of the host now belongs to another port of the network.
  const next = await wantedPort(c, { network_id, udp_port: ports[0].udp_port })
  await one.wire([next, ports[1]])
  assert.deepEqual(new Set(one.wired), new Set([next.id, ports[1].id]))
  second.send(frameOf(b))
  await untilHeard(await guestOf(next), frameOf(c), second)
  assert.deepEqual(sources(second), new Set(['fa163e00000c']))
})

test('a port that is down is wired and says nothing; one with further addresses sends from them', async (t) => {
  const { make, ports, first, second, meet } = await pair(t)
  const one = make()
  t.after(() => one.close())
  await one.wire([{ ...ports[0], admin_state_up: false }, ports[1]])
  first.send(frameOf(a))
  second.send(frameOf(b))
  await one.wire([{ ...ports[0], mac_addresses: [a, c] }, ports[1]])
  await meet()
  await untilHeard(first, frameOf(c), second)
})

test('a port that cannot be wired is said once, and wired as soon as it can', async (t) => {
  const { make, guestOf, logged, ports } = await pair(t)
  const [other, one] = [make(), make()]
  t.after(() => Promise.all([one.close(), other.close()]))
  await other.wire([ports[0]])
  await one.wire(ports)
  await one.wire(ports)
  assert.deepEqual(one.wired, [ports[1].id])
  assert.equal(logged().match(/cannot be wired.*EADDRINUSE|EADDRINUSE.*cannot be wired/g)?.length, 1)
  await other.close()
  await one.wire(ports)
  assert.equal(one.wired.length, 2)
  await guestOf(ports[0])
})

test('guests that have ended are forgotten', async (t) => {
  const { make, guestOf, ports, first, second, meet } = await pair(t)
  const one = make()
  t.after(() => one.close())
  await one.wire(ports)
  await meet()
  await first.close()
  one.verifyGuests()
  const again = await guestOf(ports[0])
  again.send(frameOf(a))
  await untilHeard(second, frameOf(b, a), again)
})
