import assert from 'node:assert/strict'
import { existsSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { checkImage, inspectImage } from '@longhaul/qemu'
import type { Progress } from '../../jobs-protocol.ts'
import { held, neverBack } from './fixtures/held-migration.ts'
import { diskBytes } from './fixtures/lab.ts'
import { operation, TwoHosts } from './fixtures/two-hosts.ts'

/** The image as the destination has it: another file with the same content. */
function imageAt(hosts: TwoHosts) {
  const path = join(hosts.destination.directory, 'image')
  writeFileSync(path, readFileSync(hosts.spec.image.path))
  return { path, format: 'raw' }
}

for (const [what, withImage] of [
  ['What its disk has more than the image', true],
  ['Its whole disk', false],
] as const) {
  test(`${what} moves with a machine if the hosts have no storage in common, and its source keeps nothing`, async (t) => {
    const hosts = await TwoHosts.with(t)
    const { id } = hosts
    const image = withImage ? imageAt(hosts) : undefined
    const destination = await hosts.prepare({ image: async () => image })
    assert.equal(destination.disk?.sync, withImage ? 'top' : 'full')
    const seen: Required<Progress>[] = []
    const moved = await hosts.migrate(destination, { onProgress: (progress) => void seen.push(progress) })
    await hosts.finish(moved)
    await hosts.goesOnThere()
    await hosts.from.confirmSource(id, operation)
    assert.ok(!existsSync(hosts.source.paths(id).disk))
    // What was copied as a whole does not stand on the image any more, wherever it goes next.
    assert.equal((await hosts.to.describe(id)).disk.backed, withImage)
    neverBack(seen)
    const last = seen.at(-1)!
    assert.deepEqual([last.disk.remaining, last.memory.remaining, last.done], [0, 0, last.total])
    if (!withImage) assert.ok(last.disk.total >= diskBytes)

    await hosts.to.stop(id, { graceMilliseconds: 0, signal: AbortSignal.abort() })
    const { disk } = hosts.destination.paths(id)
    await checkImage(disk)
    const { backingFile, virtualSize, actualSize } = await inspectImage(disk)
    assert.deepEqual([backingFile, virtualSize], [image?.path, diskBytes])
    assert.ok(actualSize < diskBytes, 'what is empty stays so')
    // The guest prints a number before it writes it.
    assert.ok((await hosts.destination.tickInImage(disk)) >= hosts.destination.lastTick(id) - 1)
  })
}

test('A copy of the disk that is cancelled, or whose destination dies, leaves nothing, and the next one is brought to its end by a pause', async (t) => {
  // The first burst is not limited.
  const hosts = await TwoHosts.with(t, { dataMiB: 24 })
  const { id } = hosts
  for (const end of ['cancelled', 'failed'] as const) {
    const { options, underWay, abort, seen } = held()
    const ended = assert.rejects(hosts.migrate(await hosts.prepare(), options), {
      code: `migration_${end}`,
      terminal: true,
    })
    await underWay
    if (end === 'cancelled') abort.abort()
    else {
      process.kill(hosts.destination.process(id).pid, 'SIGKILL')
      // QEMU sees it when it writes the next time.
      await hosts.from.limitMigration(id, { bandwidth: 0 })
    }
    await ended
    const { memory, disk } = seen.at(-1)!
    assert.ok(disk.remaining > 0 && memory.processed === 0)
    neverBack(seen)
    await hosts.undo()
    assert.ok(!existsSync(hosts.destination.paths(id).disk))
    assert.deepEqual(await hosts.states(), { from: 'running', to: 'absent' })
    const operator = await hosts.source.operator(id)
    assert.deepEqual(await operator.execute('query-block-jobs'), [])
    const nodes = await operator.execute<{ 'node-name': string }[]>('query-named-block-nodes')
    assert.ok(nodes.every((node) => !node['node-name'].startsWith('migration-')))
    operator.close()
    await hosts.goesOnHere()
  }
  const { options, underWay } = held()
  const moving = hosts.migrate(await hosts.prepare(), options)
  await underWay
  await hosts.from.forceComplete(id)
  await hosts.from.limitMigration(id, { bandwidth: 0 })
  const moved = await moving
  assert.deepEqual(moved, { running: true, post_copy: false })
  await hosts.finish(moved)
  await hosts.goesOnThere()
})
