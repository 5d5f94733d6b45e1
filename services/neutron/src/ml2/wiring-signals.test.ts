import assert from 'node:assert/strict'
import { test } from 'node:test'
import { WiringSignals, type WiringSignalsOptions } from './wiring-signals.ts'

test('an agent that waits goes home when the server stops', async () => {
  const update = { set: () => update, where: () => update, execute: async () => [] }
  const asked = Promise.withResolvers<void>()
  const signals = new WiringSignals({
    db: { updateTable: () => update },
    agents: {
      get: async () => {
        asked.resolve()
        return { wanted: 3, wired: 3 }
      },
    },
    patience: 0,
  } as unknown as WiringSignalsOptions)
  const waiting = signals.change('compute1', 3, 60_000)
  await asked.promise
  signals.stop()
  assert.equal(await waiting, 3)
})
