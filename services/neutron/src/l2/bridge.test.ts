import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Bridge, type Outlet } from './bridge.ts'
import { headerOf, isGroup, macNumber } from './frame.ts'
import { frameOf } from './fixtures/frames.ts'

interface Sink extends Outlet {
  got: Buffer[]
}

function sink(isLink: boolean): Sink {
  const got: Buffer[] = []
  return { isLink, got, send: (frame) => void got.push(frame) }
}

const network = Buffer.alloc(16, 7)
const [a, b, all] = ['fa:16:3e:00:00:0a', 'fa:16:3e:00:00:0b', 'ff:ff:ff:ff:ff:ff']

function fourOutlets() {
  const [first, second] = [sink(false), sink(false)]
  const [east, west] = [sink(true), sink(true)]
  const bridge = new Bridge(network, new Set([east, west]))
  for (const tap of [first, second]) bridge.attach(tap)
  /** Who gets a frame. */
  const goes = (from: Outlet, source: string, destination: string) => {
    for (const one of [first, second, east, west]) one.got.length = 0
    bridge.receive(frameOf(source, destination), from)
    return Object.entries({ first, second, east, west }).flatMap(([name, { got }]) => got.map(() => name))
  }
  return { bridge, first, second, east, west, goes }
}

test('a frame goes to all until its destination has sent one, and then there alone', () => {
  const { goes, first, second, east } = fourOutlets()
  assert.deepEqual(goes(first, a, b), ['second', 'east', 'west'])
  assert.deepEqual(goes(second, b, a), ['first'])
  assert.deepEqual(goes(first, a, b), ['second'])
  assert.deepEqual(goes(first, a, all), ['second', 'east', 'west'])
  assert.deepEqual(goes(first, a, '01:00:5e:00:00:fb'), ['second', 'east', 'west'])
  assert.deepEqual(goes(first, a, a), [], 'a frame does not go back')
  assert.deepEqual(goes(east, 'fa:16:3e:00:00:0e', all), ['first', 'second'])
})

test('a guest that announces itself on another host is found there', () => {
  const { goes, first, second, east, west } = fourOutlets()
  goes(first, a, all)
  assert.deepEqual(goes(second, b, a), ['first'])
  assert.deepEqual(goes(east, a, all), ['first', 'second'])
  assert.deepEqual(goes(second, b, a), ['east'])
  assert.deepEqual(goes(west, 'fa:16:3e:00:00:0e', a), [], 'nothing goes from link to link')
})

test('what was behind an outlet that is no more is asked for everywhere', () => {
  const { bridge, goes, first, second, east } = fourOutlets()
  goes(east, a, all)
  goes(first, b, all)
  bridge.forget(east)
  assert.deepEqual(goes(second, 'fa:16:3e:00:00:0c', a), ['first', 'east', 'west'])
  bridge.detach(first)
  assert.deepEqual(goes(second, 'fa:16:3e:00:00:0c', b), ['east', 'west'])
  assert.deepEqual(goes(first, b, all), [], 'a tap that was taken off is heard no more')
})

test('of too many addresses the one that was silent for longest is forgotten', () => {
  const { goes, first, second } = fourOutlets()
  const numbered = (number: number) =>
    `fa:16:3e:01:${(number >> 8).toString(16)}:${(number % 256).toString(16)}`
  for (let number = 0; number < 4096; number++) goes(first, numbered(number), all)
  goes(first, numbered(0), all)
  goes(second, b, all)
  assert.deepEqual(goes(second, b, numbered(0)), ['first'])
  assert.deepEqual(goes(second, b, numbered(1)), ['first', 'east', 'west'])
})

test('addresses are numbers, and what is no frame has none', () => {
  assert.deepEqual(headerOf(frameOf(a, b)), { destination: macNumber(b), source: macNumber(a) })
  assert.equal(headerOf(frameOf(a, b).subarray(0, 13)), undefined)
  assert.equal(headerOf(frameOf(all, b)), undefined, 'nobody sends from the address of a group')
  assert.equal(headerOf(Buffer.alloc(65_508)), undefined)
  assert.ok(isGroup(macNumber('01:00:5e:00:00:01')) && !isGroup(macNumber(a)))
})
