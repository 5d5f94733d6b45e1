import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { it } from 'node:test'
import { deviations } from './deviations.ts'
import { readExchanges } from './replay.ts'

it('every listed deviation belongs to an exchange of a recording', () => {
  const recordings = readdirSync(new URL('../fixtures', import.meta.url))
    .map((file) => file.replace('.json', ''))
    .filter((name) => name !== 'fernet-vectors')
  const exchanges = new Set(
    recordings.flatMap((name) => readExchanges(name).map((exchange) => `${name}: ${exchange.name}`)),
  )
  assert.deepEqual(
    Object.keys(deviations).filter((key) => !exchanges.has(key)),
    [],
  )
})
