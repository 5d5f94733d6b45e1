// kill -9 of the agent before its actions, in each of its calls; the next agent repeats the call. Some of the places are
// tried each time; all of them, which takes minutes, with EVERY_PLACE=1 in the environment.
import assert from 'node:assert/strict'
import { readdirSync } from 'node:fs'
import { test } from 'node:test'
import { checkImage } from '@longhaul/qemu'
import type { GuestSpec } from '../driver.ts'
import { runsGuest } from './command-line.ts'
import type { QemuDriver } from './driver.ts'
import { dies } from './fixtures/agent-death.ts'
import { calls } from './fixtures/driver-calls.ts'
import { Lab } from './fixtures/lab.ts'
import { findProcesses } from './process.ts'

type Call = keyof typeof calls

const [firstPlace, stride] = process.env['EVERY_PLACE'] ? [1, 1] : [3, 5]

/** What comes before each call, and how the machine is after it. */
const cases: Record<Call, { before: Call[]; state: string }> = {
  boot: { before: [], state: 'running' },
  start: { before: ['boot', 'stop'], state: 'running' },
  stop: { before: ['boot'], state: 'shutdown' },
  reboot: { before: ['boot'], state: 'running' },
  pause: { before: ['boot'], state: 'paused' },
  unpause: { before: ['boot', 'pause'], state: 'running' },
  suspend: { before: ['boot'], state: 'shutdown' },
  resume: { before: ['boot', 'suspend'], state: 'running' },
  backup: { before: ['boot'], state: 'running' },
  destroy: { before: ['boot'], state: 'absent' },
}

async function looksRight(lab: Lab, driver: QemuDriver, spec: GuestSpec, call: Call): Promise<void> {
  const paths = lab.paths(spec.id)
  const { state } = cases[call]
  assert.equal(await driver.powerState(spec.id), state)
  const processes = findProcesses((args) => runsGuest(args, paths)).length
  assert.equal(processes, state === 'running' || state === 'paused' ? 1 : 0, 'processes')
  if (state === 'running') await lab.tick(spec.id, lab.lastTick(spec.id) + 1)
  if (call === 'backup') await checkImage((await driver.backupPath('backup'))!)
  if (call === 'destroy') return
  const left = readdirSync(paths.directory).filter(
    (name) => name.endsWith('.new') || name.startsWith('memory'),
  )
  assert.deepEqual(left, call === 'suspend' ? ['memory'] : [])
}

for (const [call, { before }] of Object.entries(cases) as [Call, (typeof cases)[Call]][]) {
  test(`An agent that dies anywhere in ${call} has the next one finish it`, async (t) => {
    for (let place = firstPlace; ; place += stride) {
      const lab = new Lab(t)
      const spec = lab.spec()
      const first = lab.driver()
      for (const one of before) await calls[one](first, spec)
      first.close()
      const died = await dies(lab, spec, call, place)
      if (!died) break
      const next = lab.driver()
      await next.adopt()
      await calls[call](next, spec)
      await looksRight(lab, next, spec, call)
      await next.destroy(spec.id)
      next.close()
    }
  })
}
