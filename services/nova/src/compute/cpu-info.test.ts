import assert from 'node:assert/strict'
import { test } from 'node:test'
import { cpuInfoOf } from './cpu-info.ts'
import { cpuinfo } from './fixtures/host-state.ts'

test('Vendor, model, topology and features are read from the list of processors', () => {
  assert.deepEqual(cpuInfoOf(cpuinfo, 'x64'), {
    arch: 'x86_64',
    vendor: 'Intel',
    model: 'Intel(R) Xeon(R) CPU: a kind',
    topology: { cells: 1, sockets: 2, cores: 1, threads: 2 },
    features: ['fpu', 'vme', 'sse2'],
  })
})

test('Processors of ARM tell less, in other words', () => {
  const text = ['0', '1']
    .map((number) => `processor\t: ${number}\nFeatures\t: fp asimd\nCPU implementer\t: 0x41\n`)
    .join('\n')
  assert.deepEqual(cpuInfoOf(text, 'arm64'), {
    arch: 'aarch64',
    vendor: '0x41',
    model: '',
    topology: { cells: 1, sockets: 1, cores: 2, threads: 1 },
    features: ['fp', 'asimd'],
  })
})

test('A list that tells nothing makes one processor of nothing', () => {
  assert.deepEqual(cpuInfoOf('', 'riscv64'), {
    arch: 'riscv64',
    vendor: '',
    model: '',
    topology: { cells: 1, sockets: 1, cores: 1, threads: 1 },
    features: [],
  })
})
