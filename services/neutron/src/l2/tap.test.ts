import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { test, type TestContext } from 'node:test'
import { frameOf, freeUdpPort, machine, type Machine } from './fixtures/frames.ts'
import { macNumber } from './frame.ts'
import { Tap, type TapOptions } from './tap.ts'
import { udpSockets } from './udp-sockets.ts'

const mac = 'fa:16:3e:00:00:0a'

async function openTap(t: TestContext, more: Partial<TapOptions> = {}) {
  const taken = new EventEmitter()
  const seen = { guests: 0 }
  const traffic = { refused: 0, dropped: 0 }
  const clock = { now: 0 }
  const options: TapOptions = {
    address: '127.0.0.1',
    port: await freeUdpPort(),
    macs: new Set([macNumber(mac)]),
    onFrame: (frame) => void taken.emit('frame', frame),
    onGuest: () => void seen.guests++,
    traffic,
    sockets: udpSockets,
    clock: () => clock.now,
    ...more,
  }
  const tap = await Tap.open(options)
  t.after(() => tap.close())
  const next = async () => ((await once(taken, 'frame')) as [Buffer])[0]
  /** Has somebody send until a frame is taken, or refused. */
  const sends = async (who: Machine, frame: Buffer) => {
    const before = traffic.refused
    who.send(frame)
    const counts = { taken: 0 }
    taken.once('frame', () => counts.taken++)
    while (counts.taken === 0 && traffic.refused === before) await new Promise(setImmediate)
    taken.removeAllListeners()
    return counts.taken > 0 ? 'taken' : 'refused'
  }
  const guest = async () => {
    const one = await machine(tap)
    t.after(() => one.close())
    return one
  }
  return { tap, options, next, sends, guest, seen, clock }
}

test('frames go to and fro between a tap and its guest, and nobody else is heard', async (t) => {
  const { tap, next, sends, guest, seen, clock } = await openTap(t)
  const [qemu, stranger] = [await guest(), await guest()]
  tap.send(frameOf('fa:16:3e:00:00:0b', mac))
  assert.equal(tap.guest, undefined)
  const frame = frameOf(mac)
  const came = next()
  qemu.send(frame)
  assert.deepEqual(await came, frame)
  const back = frameOf('fa:16:3e:00:00:0b', mac)
  const got = qemu.gets(back)
  tap.send(back)
  await got
  assert.equal(await sends(qemu, frameOf('fa:16:3e:00:00:0b')), 'refused', 'an address that is not its own')
  assert.equal(await sends(stranger, frame), 'refused', 'a socket that is not the guest’s')
  await qemu.close()
  assert.equal(await sends(stranger, frame), 'refused', 'nobody is looked at twice within a moment')
  clock.now += 200
  assert.equal(await sends(stranger, frame), 'taken', 'the guest has begun anew, on another port')
  assert.equal(seen.guests, 2)
})

test('a tap that is opened anew goes on with the guest, if it is the same', async (t) => {
  const first = await openTap(t)
  const qemu = await first.guest()
  assert.equal(await first.sends(qemu, frameOf(mac)), 'taken')
  const { guest } = first.tap
  const silent = await openTap(t, { guest })
  const back = frameOf('fa:16:3e:00:00:0b', mac)
  const got = qemu.gets(back)
  silent.tap.send(back)
  await got
  const other = await openTap(t, { guest: { ...guest!, socket: guest!.socket + 1 } })
  assert.equal(other.tap.guest, undefined, 'another process has that port now')
  await qemu.close()
  first.tap.verifyGuest(udpSockets())
  assert.equal(first.tap.guest, undefined)
})

test('a port that is taken is an error', async (t) => {
  const { options } = await openTap(t)
  await assert.rejects(Tap.open(options), { code: 'EADDRINUSE' })
})
