import assert from 'node:assert/strict'
import { test } from 'node:test'
import { probedBytes, probeHeader, qemuDriver, type ImageHeader } from './image-header.ts'

type Part = readonly [offset: number, value: string | number | bigint, order?: 'LE']

/** An image from its parts: texts, 32-bit numbers and 64-bit numbers, big-endian unless told. */
function bytes(length: number, ...parts: readonly Part[]): Uint8Array {
  const made = Buffer.alloc(length)
  for (const [offset, value, order] of parts) {
    if (typeof value === 'string') made.write(value, offset, 'latin1')
    else if (typeof value === 'bigint') {
      if (order) made.writeBigUInt64LE(value, offset)
      else made.writeBigUInt64BE(value, offset)
    } else if (order) made.writeUInt32LE(value, offset)
    else made.writeUInt32BE(value, offset)
  }
  return made
}

const size = 4n * 1024n * 1024n
const virtualSize = Number(size)
const qcow2: readonly Part[] = [
  [0, 'QFI\xfb'],
  [4, 3],
  [24, size],
]
const descriptor = (kind: string, more = '') =>
  `# Disk DescriptorFile\nversion=1\ncreateType="${kind}"\n${more}RW 4096 FLAT "a" 0\nRW 4096 FLAT "b" 0\n`

const cases: readonly [what: string, first: Uint8Array, expected: ImageHeader][] = [
  ['nothing', new Uint8Array(), { format: 'raw' }],
  ['a boot sector', bytes(512, [510, '\x55\xaa']), { format: 'raw' }],
  ['a qcow2', bytes(512, ...qcow2), { format: 'qcow2', virtualSize }],
  ['a qcow2 of version 2', bytes(512, ...qcow2, [4, 2], [76, 4]), { format: 'qcow2', virtualSize }],
  [
    'a qcow2 on another file',
    bytes(1024, ...qcow2, [8, 600n], [16, 11], [600, '/etc/passwd']),
    { format: 'qcow2', virtualSize, backingFile: '/etc/passwd' },
  ],
  [
    'a qcow2 whose backing file is named far behind',
    bytes(512, ...qcow2, [8, 1n << 40n], [16, 4]),
    { format: 'qcow2', virtualSize, backingFile: '?' },
  ],
  [
    'a qcow2 with a backing file without a name',
    bytes(512, ...qcow2, [8, 104n]),
    { format: 'qcow2', virtualSize, backingFile: '?' },
  ],
  [
    'a qcow2 with its data elsewhere',
    bytes(512, ...qcow2, [76, 4]),
    { format: 'qcow2', virtualSize, dataFile: true },
  ],
  ['a qcow2 with other features', bytes(512, ...qcow2, [72, 4], [76, 3]), { format: 'qcow2', virtualSize }],
  ['an encrypted qcow2', bytes(512, ...qcow2, [32, 2]), { format: 'qcow2', virtualSize, encrypted: true }],
  ['a qcow2 cut off in its header', bytes(5, [0, 'QFI\xfb\0']), { format: 'qcow2', virtualSize: 0 }],
  [
    'a qcow2 cut off behind a backing file',
    bytes(20, [0, 'QFI\xfb'], [4, 3], [8, 8n], [16, 8]),
    { format: 'qcow2', virtualSize: 0, backingFile: '\0\0\0\0\0\0\0\b' },
  ],
  [
    'a qcow of version 1 on another file',
    bytes(512, [0, 'QFI\xfb'], [4, 1], [24, size], [8, 48n], [16, 1], [48, 'b'], [36, 1]),
    { format: 'qcow', virtualSize, backingFile: 'b', encrypted: true },
  ],
  ['a QED', bytes(512, [0, 'QED\0'], [48, size, 'LE']), { format: 'qed', virtualSize }],
  [
    'a QED on another file',
    bytes(512, [0, 'QED\0'], [16, 1, 'LE'], [48, size, 'LE'], [56, 64, 'LE'], [60, 3, 'LE'], [64, 'abc']),
    { format: 'qed', virtualSize, backingFile: 'abc' },
  ],
  ['a VDI', bytes(512, [0x40, '\x7f\x10\xda\xbe'], [0x170, size, 'LE']), { format: 'vdi', virtualSize }],
  ['a VHD', bytes(512, [0, 'conectix'], [60, 3]), { format: 'vhd' }],
  ['a differencing VHD', bytes(512, [0, 'conectix'], [60, 4]), { format: 'vhd', backingFile: '?' }],
  ['a VHDX', bytes(512, [0, 'vhdxfile']), { format: 'vhdx' }],
  ['a LUKS volume', bytes(512, [0, 'LUKS\xba\xbe']), { format: 'luks', encrypted: true }],
  ['a CD', bytes(probedBytes, [0x8001, 'CD001']), { format: 'iso' }],
  [
    'a sparse VMDK',
    bytes(2048, [0, 'KDMV'], [12, 8192n, 'LE'], [512, descriptor('monolithicSparse')]),
    { format: 'vmdk', virtualSize },
  ],
  [
    'a VMDK on another file',
    bytes(
      2048,
      [0, 'KDMV'],
      [12, 8192n, 'LE'],
      [512, descriptor('streamOptimized', 'parentFileNameHint="p"\n')],
    ),
    { format: 'vmdk', virtualSize, backingFile: 'p' },
  ],
  [
    'a VMDK that lists files',
    bytes(512, [0, descriptor('monolithicFlat')]),
    { format: 'vmdk', virtualSize, dataFile: true },
  ],
  [
    'a VMDK that says two things',
    bytes(
      2048,
      [0, 'KDMV'],
      [12, 8192n, 'LE'],
      [512, descriptor('monolithicSparse', 'createType="custom"\n')],
    ),
    { format: 'vmdk', virtualSize, dataFile: true },
  ],
  [
    'a VMDK that says nothing',
    bytes(512, [0, 'KDMV'], [12, 8192n, 'LE']),
    { format: 'vmdk', virtualSize, dataFile: true },
  ],
]
for (const [what, first, expected] of cases) {
  test(`By its first bytes is recognised ${what}`, () => {
    assert.deepEqual(probeHeader(first), expected)
  })
}

test('A part of a larger buffer is looked at alone', () => {
  const whole = Buffer.concat([Buffer.from('xxxx'), bytes(512, ...qcow2), Buffer.alloc(512)])
  assert.deepEqual(probeHeader(whole.subarray(4, 516)), { format: 'qcow2', virtualSize })
})

test('QEMU has other names for some formats', () => {
  assert.deepEqual(['vhd', 'iso', 'qcow2'].map(qemuDriver), ['vpc', 'raw', 'qcow2'])
})
