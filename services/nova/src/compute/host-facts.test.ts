import assert from 'node:assert/strict'
import { tmpdir } from 'node:os'
import { test } from 'node:test'
import { hostState } from './fixtures/host-state.ts'
import { capacityOf, hostFacts, readHostState } from './host-facts.ts'

const options = {
  hypervisor: { type: 'QEMU', version: 7_002_022 },
  hostname: 'compute1',
  url: 'http://10.0.0.7:8776',
  guests: (['running', 'paused', 'shutdown', 'absent'] as const).map((power_state) => ({ power_state })),
}

test("A hypervisor is told in the API's units", () => {
  assert.deepEqual(hostFacts(hostState, options), {
    hypervisor_type: 'QEMU',
    hypervisor_version: 7_002_022,
    hypervisor_hostname: 'compute1',
    host_ip: '10.0.0.7',
    cpu_info: hostState.cpu,
    vcpus: 4,
    memory_mb: 8192,
    memory_mb_used: 2048,
    local_gb: 100,
    local_gb_used: 41,
    running_vms: 2,
    uptime: 3600,
    load_average: [0.5, 0.25, 0.125],
  })
  assert.equal(hostFacts(hostState, { ...options, url: 'https://[::1]:8776' }).host_ip, '::1')
})

test('Processors are given out sixteen times', () => {
  assert.deepEqual(capacityOf(hostState), { vcpus: 64, memory_mb: 8192, disk_gb: 100 })
})

test('The state of this host is within bounds', () => {
  const { cpu, processors, memory, disk, uptime, loadAverage } = readHostState(tmpdir())
  assert.ok(cpu.features.length > 0 && processors > 0 && uptime > 0)
  assert.ok(memory.total >= memory.free && memory.free > 0)
  assert.ok(disk.total >= disk.free && disk.free > 0)
  assert.equal(loadAverage.length, 3)
})
