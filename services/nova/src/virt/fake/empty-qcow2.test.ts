import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkImage, inspectImage } from '@longhaul/qemu'
import { emptyQcow2 } from './empty-qcow2.ts'

for (const size of [512, 20 * 2 ** 20, 2 ** 30 + 512, 4 * 2 ** 40]) {
  test(`An empty image of ${size} bytes is sound and has that size`, async (t) => {
    const directory = mkdtempSync(join(tmpdir(), 'nova-qcow2-'))
    t.after(() => rmSync(directory, { recursive: true }))
    const file = join(directory, 'disk')
    writeFileSync(file, emptyQcow2(size))
    assert.deepEqual(await checkImage(file), { checked: true, leakedClusters: 0 })
    const { format, virtualSize, backingFile } = await inspectImage(file)
    assert.deepEqual([format, virtualSize, backingFile], ['qcow2', size, undefined])
  })
}
