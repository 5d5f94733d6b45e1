import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceUnavailable } from '@longhaul/keystoneauth'
import { createLogger } from '@longhaul/oslo/log'
import { StaleAttempt, TerminalError } from './failure.ts'
import type { AnyOperation, Step, Undo } from './operation.ts'
import { runOperation, type Runner } from './run.ts'
import type { OperationStore } from './store.ts'

type Facts = Record<string, unknown>

/** A runner on a store and checkpoints in memory; `done` lists what happened. */
function laboratory(steps: readonly Step<unknown, Facts>[]) {
  const done: string[] = []
  const kept = new Map<string, unknown>()
  const state = { wish: null as string | null, attempt: 0, clock: 0, resetFails: false }
  const operation: AnyOperation = {
    kind: 'create-image',
    event: 'whole',
    steps,
    reset: {
      name: 'reset',
      async do(_run, _facts, failure) {
        if (state.resetFails) throw new TerminalError('http_401', 'not now')
        done.push(`reset: ${failure.message}`)
      },
    },
  }
  const store = {
    begin: async (id: string) => ({
      id,
      kind: 'create-image',
      serverId: 's',
      actionId: 1,
      attempt: ++state.attempt,
      input: {},
      context: null,
    }),
    async wish(operation: { attempt: number }) {
      if (operation.attempt !== state.attempt) throw new StaleAttempt()
      return state.wish
    },
    startEvent: async () => {},
    finishEvent: async (_operation: unknown, event: string, failure?: unknown) =>
      void done.push(`${event} ${failure ? 'Error' : 'Success'}`),
    leave: async (_operation: unknown, left: { kind: string; id: string }) =>
      void done.push(`left ${left.kind} ${left.id}`),
  }
  const runner: Runner = {
    operations: [operation],
    store: store as unknown as OperationStore,
    makeRun: (running) => ({ operation: running, input: running.input, store }) as never,
    async checkpoint(name, work) {
      if (!kept.has(name)) kept.set(name, JSON.parse(JSON.stringify((await work()) ?? null)))
      return kept.get(name) as never
    },
    logger: createLogger({ service: 'test', level: 'silent' }),
    retryForMs: () => 10_000,
    undoForMs: 1000,
    clock: () => state.clock,
    sleep: async (ms) => void (state.clock += ms),
  }
  return { done, kept, state, run: () => runOperation(runner, 'o') }
}

const unavailable = () =>
  new ServiceUnavailable({
    status: 503,
    method: 'GET',
    url: 'http://glance/v2/images/i',
    message: 'later',
    retryAfter: 0,
    body: '',
    headers: {},
  })
const undo = (name: string, extra: Partial<Undo<unknown, Facts>> = {}): Undo<unknown, Facts> => ({
  name,
  do: async () => {},
  ...extra,
})

test('facts of a step reach the later ones, and a resumed operation does no kept step again', async () => {
  const ran: string[] = []
  let broken = true
  const lab = laboratory([
    { name: 'one', do: async () => (ran.push('one'), { host: 'h' }) },
    {
      name: 'two',
      async do(_run, facts) {
        ran.push(`two on ${String(facts['host'])}`)
        if (broken) throw new StaleAttempt()
      },
    },
  ])
  // The first execution is replaced in step two: it ends, and keeps nothing.
  await assert.rejects(lab.run(), StaleAttempt)
  assert.deepEqual([...lab.kept.keys()], ['one'])
  broken = false
  assert.equal(await lab.run(), 'done')
  assert.deepEqual(ran, ['one', 'two on h', 'two on h'])
})

test('a step that the facts make needless is neither done, nor kept, nor undone', async () => {
  const ran: string[] = []
  const needless = (name: string, when: (facts: Facts) => boolean): Step<unknown, Facts> => ({
    name,
    when,
    do: async () => void ran.push(name),
    undo: [undo(`of ${name}`, { do: async () => void ran.push(`undo ${name}`) })],
  })
  const lab = laboratory([
    { name: 'one', do: async () => ({ volumes: true }) },
    needless('two', (facts) => facts['volumes'] === true),
    needless('three', (facts) => facts['volumes'] === undefined),
    { name: 'four', do: async () => Promise.reject(new TerminalError('http_401', 'no')) },
  ])
  assert.equal(await lab.run(), 'failed')
  assert.deepEqual(ran, ['two', 'undo two'])
  assert.deepEqual([...lab.kept.keys()], ['one', 'two', 'four', 'undo of two', 'reset'])
})

test('a service that is away is asked again until the time is over', async () => {
  let asked = 0
  const lab = laboratory([
    {
      name: 'one',
      do: async () => {
        asked++
        throw unavailable()
      },
    },
  ])
  assert.equal(await lab.run(), 'failed')
  assert.ok(asked > 3 && lab.state.clock >= 10_000, `${asked} times in ${lab.state.clock} ms`)
  assert.deepEqual(lab.done, ['one Error', 'reset: 503 from glance: later'])
})

test('a step that must be done is repeated far beyond that time', async () => {
  let asked = 0
  const lab = laboratory([
    {
      name: 'one',
      untilDone: true,
      do: async () => {
        if (++asked < 100) throw unavailable()
      },
    },
  ])
  assert.equal(await lab.run(), 'done')
  assert.ok(lab.state.clock > 100_000)
})

test('the time counts from when the other side was last heard', async () => {
  let asked = 0
  const lab = laboratory([
    {
      name: 'long',
      async do(run) {
        asked += 1
        if (asked > 3) return
        // Works for an hour, tells so, and is away for a moment.
        lab.state.clock += 3_600_000
        await run.checkWish()
        throw unavailable()
      },
    },
  ])
  assert.equal(await lab.run(), 'done')
  assert.equal(asked, 4)
})

test('what has no way back any more is neither interrupted nor given up', async () => {
  let tried = 0
  const lab = laboratory([
    {
      name: 'leap',
      noWayBack: async () => tried > 0,
      async do() {
        tried += 1
        lab.state.wish = 'delete'
        lab.state.clock += 20_000
        if (tried < 3) throw unavailable()
      },
    },
    { name: 'last', uninterruptible: true, do: async () => {} },
  ])
  assert.equal(await lab.run(), 'done')
  assert.equal(tried, 3)
})

test('a database that is away does not count against the time', async () => {
  let asked = 0
  const lab = laboratory([
    {
      name: 'one',
      do: async () => {
        if (++asked < 100) throw Object.assign(new Error('x'), { code: 'ECONNREFUSED' })
      },
    },
  ])
  assert.equal(await lab.run(), 'done')
})

test('after a refusal the begun steps are undone, the latest first, and the reset has the reason', async () => {
  const order: string[] = []
  const noting = (name: string) => undo(name, { do: async () => void order.push(name) })
  const lab = laboratory([
    { name: 'one', do: async () => {}, undo: [noting('undo one'), noting('undo one more')] },
    {
      name: 'two',
      do: async () => {
        throw new TerminalError('no', 'it is refused')
      },
      undo: [noting('undo two')],
    },
    { name: 'three', do: async () => {}, undo: [noting('undo three')] },
  ])
  assert.equal(await lab.run(), 'failed')
  assert.deepEqual(order, ['undo two', 'undo one', 'undo one more'])
  assert.equal(lab.done.at(-1), 'reset: it is refused')
})

test('what cannot be undone is listed, and the undoing goes on', async () => {
  const order: string[] = []
  const lab = laboratory([
    {
      name: 'one',
      do: async () => {
        throw new TerminalError('no', 'no')
      },
      undo: [
        undo('delete-image', {
          do: async () => {
            throw unavailable()
          },
          leftover: () => ({ kind: 'image', id: 'i' }),
        }),
        undo('forget', { do: async () => void order.push('forget') }),
      ],
    },
  ])
  await lab.run()
  assert.deepEqual(lab.done, ['one Error', 'left image i', 'reset: no'])
  assert.deepEqual(order, ['forget'])
})

test('a wish to delete stops before the next step, but not what says that it goes on', async () => {
  const ran: string[] = []
  const lab = laboratory([
    { name: 'one', do: async () => void (lab.state.wish = 'delete') },
    { name: 'last', uninterruptible: true, do: async () => void ran.push('last') },
    { name: 'more', do: async () => void ran.push('more') },
  ])
  assert.equal(await lab.run(), 'failed')
  assert.deepEqual(ran, ['last'])
  assert.equal(lab.done.at(-1), 'reset: the deletion of the server was requested')
})

test('an execution that was replaced begins no further step, not even one that cannot be interrupted', async () => {
  const ran: string[] = []
  const lab = laboratory([
    { name: 'one', do: async () => void lab.state.attempt++ },
    { name: 'last', uninterruptible: true, do: async () => void ran.push('last') },
  ])
  await assert.rejects(lab.run(), StaleAttempt)
  assert.deepEqual(ran, [])
})

test('an unexpected error undoes like a refusal and tells users nothing of it', async () => {
  const lab = laboratory([
    {
      name: 'one',
      do: async () => {
        throw new Error('secret detail')
      },
    },
  ])
  assert.equal(await lab.run(), 'failed')
  assert.doesNotMatch(lab.done.join(), /secret/)
})

test('an operation whose last transaction fails has not ended: its next execution does that again', async () => {
  const lab = laboratory([
    {
      name: 'one',
      do: async () => {
        throw new TerminalError('bad', 'bad')
      },
    },
  ])
  lab.state.resetFails = true
  await assert.rejects(lab.run(), /reset of operation o: not now/)
  assert.deepEqual([...lab.kept.keys()], ['one'])
  lab.state.resetFails = false
  assert.equal(await lab.run(), 'failed')
  assert.equal(lab.done.at(-1), 'reset: bad')
})
