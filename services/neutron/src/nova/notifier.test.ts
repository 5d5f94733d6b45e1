import assert from 'node:assert/strict'
import { PassThrough } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { Adapter, Session } from '@longhaul/keystoneauth'
import { fakeService, type Answer } from '@longhaul/keystoneauth/testing'
import { createLogger } from '@longhaul/oslo/log'
import { deliverEvents } from './client.ts'
import type { NovaEvent } from './event.ts'
import { Notifier } from './notifier.ts'

const event = (tag: string, name: NovaEvent['name'] = 'network-changed'): NovaEvent => ({
  name,
  server_uuid: 'server',
  tag,
  status: 'completed',
})

/** A notifier with a nova that says what it is told, and timers that a test runs. */
async function stage(t: TestContext, ...answers: Answer[]) {
  const nova = await fakeService(() => answers.shift() ?? { status: 200, body: '{"events":[]}' })
  const session = new Session()
  const adapter = new Adapter({ session, endpointOverride: nova.url })
  const stream = new PassThrough()
  const lines: Record<string, unknown>[] = []
  stream.on('data', (line: Buffer) => lines.push(JSON.parse(line.toString()) as Record<string, unknown>))
  const timers: { work: () => void; milliseconds: number }[] = []
  const settled: (() => void)[] = []
  const notifier = new Notifier({
    async deliver(events) {
      const delivery = await deliverEvents(adapter, events)
      setImmediate(() => settled.shift()?.())
      return delivery
    },
    interval: () => 2000,
    logger: createLogger({ service: 'neutron-server', stream }),
    schedule(work, milliseconds) {
      timers.push({ work, milliseconds })
      return () => undefined
    },
  })
  t.after(async () => {
    await session.close()
    await nova.close()
  })
  return {
    notifier,
    /** What nova received, batch by batch. */
    batches: () => nova.seen.map(({ body }) => (JSON.parse(body) as { events: NovaEvent[] }).events),
    paths: () => nova.seen.map(({ method, path }) => `${method} ${path}`),
    lines,
    timers,
    /** Lets the next timer run out, and waits until nova was asked. @returns how long it was */
    run: async (): Promise<number> => {
      const timer = timers.shift()!
      const done = new Promise<void>((resolve) => settled.push(resolve))
      timer.work()
      await done
      return timer.milliseconds
    },
  }
}

test('events are gathered and sent together, each one once', async (t) => {
  const { notifier, batches, paths, timers, run } = await stage(t)
  for (const tag of ['a', 'b', 'a']) notifier.send(event(tag))
  assert.equal(timers.length, 1)
  assert.equal(await run(), 2000)
  assert.deepEqual(batches(), [[event('a'), event('b')]])
  assert.deepEqual(paths(), ['POST /os-server-external-events'])
  assert.equal(timers.length, 0)
})

test('the order of what happened to a port is kept', async (t) => {
  const { notifier, batches, run } = await stage(t)
  const names = ['network-vif-plugged', 'network-vif-unplugged', 'network-vif-plugged'] as const
  for (const name of names) notifier.send(event('a', name))
  await run()
  assert.deepEqual(
    batches()[0]?.map(({ name }) => name),
    names,
  )
})

test('while nova is away events wait, and are sent when it is back', async (t) => {
  const { notifier, batches, run, lines, timers } = await stage(t, 503, 500, 401)
  notifier.send(event('a'))
  await run()
  notifier.send(event('b'))
  assert.equal(await run(), 4000)
  assert.equal(await run(), 8000)
  assert.equal(await run(), 16_000)
  assert.deepEqual(batches().at(-1), [event('a'), event('b')])
  assert.equal(timers.length, 0)
  assert.deepEqual(
    lines.map(({ msg }) => msg),
    ['nova takes no events', 'nova takes events again'],
  )
})

test('what nova refuses is logged and not sent again', async (t) => {
  const body = JSON.stringify({ events: [{ code: 200 }, { code: 404 }] })
  const { notifier, run, lines, timers } = await stage(t, { status: 207, body }, 404)
  notifier.send(event('a'))
  notifier.send(event('b'))
  await run()
  assert.deepEqual(lines.at(-1)?.['event'], event('b'))
  notifier.send(event('c'))
  await run()
  assert.deepEqual(lines.at(-1)?.['event'], event('c'))
  assert.equal(timers.length, 0)
})

test('at its end what waits is sent, and what nova does not take is logged', async (t) => {
  const { notifier, batches, lines } = await stage(t, { status: 200, body: '{}' }, 503)
  notifier.send(event('a'))
  await notifier.stop()
  assert.deepEqual(batches(), [[event('a')]])
  notifier.send(event('b'))
  await notifier.stop()
  assert.deepEqual(lines.at(-1)?.['events'], [event('b')])
})
