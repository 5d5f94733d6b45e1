// kill -9 of an agent before its actions, in each step of a migration; the next agent repeats the step, or undoes it. A few
// places are tried each time; all of them, which takes long, with EVERY_PLACE=1 in the
// environment (another number: from that place on).
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { dies } from './fixtures/agent-death.ts'
import { migrationCalls, type Traveller } from './fixtures/migration-calls.ts'
import { TwoHosts } from './fixtures/two-hosts.ts'

type Step = keyof typeof migrationCalls

const everyPlaceFrom = Number(process.env['EVERY_PLACE'] ?? 0)
const forward: readonly Step[] = ['prepareIncoming', 'migrate', 'finishMigration', 'confirmSource']
const back: readonly Step[] = ['abandonIncoming', 'reclaimSource']
const atDestination: ReadonlySet<Step> = new Set(['prepareIncoming', 'finishMigration', 'abandonIncoming'])

interface Case {
  /** Steps of a migration, in the last one of which the agent dies. */
  done: readonly Step[]
  /** What its successors are asked for. */
  next: readonly Step[]
  shared: boolean
  /** Actions that are tried each time. */
  places: readonly number[]
}

const cases: { done: readonly Step[]; next: readonly Step[]; shared: boolean; places: readonly number[] }[] =
  [
    { done: forward.slice(0, 1), next: forward, shared: false, places: [6] },
    { done: forward.slice(0, 1), next: back, shared: true, places: [] },
    { done: forward.slice(0, 2), next: forward.slice(1), shared: false, places: [14] },
    { done: forward.slice(0, 2), next: back, shared: true, places: [12] },
    { done: forward.slice(0, 3), next: forward.slice(2), shared: true, places: [6] },
    { done: forward, next: forward.slice(3), shared: false, places: [] },
    { done: [...forward.slice(0, 2), 'abandonIncoming'], next: back, shared: false, places: [] },
    { done: [...forward.slice(0, 2), ...back], next: back.slice(1), shared: true, places: [6] },
  ]

/** A further agent on the host of a step: what the one that died has left is all that it knows. */
async function restart(hosts: TwoHosts, step: Step): Promise<void> {
  const side = atDestination.has(step) ? 'to' : 'from'
  hosts[side].close()
  hosts[side] = (side === 'to' ? hosts.destination : hosts.source).driver()
  await hosts[side].adopt()
}

async function take(hosts: TwoHosts, step: Step, traveller: Traveller): Promise<void> {
  const result = await migrationCalls[step](atDestination.has(step) ? hosts.to : hosts.from, traveller)
  if (step === 'prepareIncoming') traveller.destination = result as NonNullable<Traveller['destination']>
}

async function looksRight(hosts: TwoHosts, moved: boolean): Promise<void> {
  const { id, source, destination } = hosts
  assert.deepEqual(await hosts.states(), {
    from: moved ? 'absent' : 'running',
    to: moved ? 'running' : 'absent',
  })
  const [here, elsewhere] = moved ? [destination, source] : [source, destination]
  await here.tick(id, here.lastTick(id) + 2)
  const ticks = here.ticks(id)
  assert.deepEqual(
    ticks,
    ticks.map((_, index) => ticks[0]! + index),
    'no gap, nothing twice',
  )
  assert.deepEqual(readdirSync(join(elsewhere.directory, 'instances')), [])
  assert.ok(!readdirSync(here.paths(id).directory).includes('migration.json'))
}

/** @returns whether there is such an action */
async function survives(t: TestContext, { done, next, shared }: Case, place: number): Promise<boolean> {
  const last = done.at(-1)!
  const hosts = await TwoHosts.with(t, { shared })
  const { id } = hosts
  const traveller: Traveller = { id, machine: await hosts.from.describe(id) }
  for (const step of done.slice(0, -1)) await take(hosts, step, traveller)
  const [lab, agent] = atDestination.has(last) ? [hosts.destination, hosts.to] : [hosts.source, hosts.from]
  agent.close()
  const died = await dies(lab, traveller, last, place)
  await restart(hosts, last)
  for (const step of next) await take(hosts, step, traveller)
  await looksRight(hosts, next.includes('confirmSource'))
  for (const driver of [hosts.from, hosts.to]) await driver.destroy(id)
  return died
}

for (const one of cases) {
  const { done, next, shared, places } = one
  if (places.length === 0 && everyPlaceFrom === 0) continue
  const way = next.includes('confirmSource') ? 'forward' : 'back'
  test(`An agent that dies in ${done.at(-1)} (${shared ? 'disk in common' : 'disk copied'}) has the next one go ${way}`, async (t) => {
    if (everyPlaceFrom > 0)
      for (let place = everyPlaceFrom; await survives(t, one, place); place++) t.diagnostic(`action ${place}`)
    else for (const place of places) assert.ok(await survives(t, one, place), `there is no action ${place}`)
  })
}
