import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { hostState } from './fixtures/host-state.ts'
import { capacityOf, hostFacts, readHostState } from './host-facts.ts'

const hypervisor = { type: 'QEMU', version: 7_002_022 }

test("A hypervisor is told with its processor and its uptime in the command's form", () => {
  const state = { ...hostState, uptime: 2 * 86_400 + 3 * 3600 + 5 * 60 + 7 }
  assert.deepEqual(hostFacts(state, hypervisor, new Date('2026-01-02T10:20:30.400Z')), {
    ...hypervisor,
    cpu_info: hostState.cpu,
    uptime: ' 10:20:30 up 2 days, 3:05,  0 users,  load average: 0.50, 0.25, 0.13',
  })
})

test('Processors are given out sixteen times', () => {
  assert.deepEqual(capacityOf(hostState), { vcpus: 64, memory_mb: 8192, disk_gb: 100 })
})

test('The state of this host is within bounds', () => {
  const { cpu, processors, memory, disk, uptime, loadAverage } = readHostState(tmpdir())
  assert.ok(cpu.features.length > 0 && processors > 0 && uptime > 0)
  assert.ok(memory > 0 && disk > 0)
  assert.equal(loadAverage.length, 3)
})
