import assert from 'node:assert/strict'
import { test } from 'node:test'
import { NotFound } from '@longhaul/keystoneauth'
import { workerBench, host, sealedFor } from './fixtures/agent-bench.ts'

type Image = { path: string; format: string } | undefined

/** The image that the driver is offered for a disk, with what is sent along. */
async function offered(bench: ReturnType<typeof workerBench>, context: string | undefined): Promise<Image> {
  let image: Image
  bench.driver.prepareIncoming = async (_id, options) => {
    image = await options.image()
    return { host: '127.0.0.1', port: 1, tls: false, post_copy: false }
  }
  const machine = { image: bench.images.facts.id }
  const work = bench.work('prepare_incoming', { machine, volumes: [], ports: [] })
  if (context === undefined) delete work.request.context
  await bench.workers.prepare_incoming(work)
  return image
}

test('The image of a disk is fetched as the user, and found without asking from then on', async (t) => {
  const bench = workerBench(t)
  assert.equal(await offered(bench, undefined), undefined)
  const image = await offered(bench, sealedFor(host, 'op'))
  assert.equal(image?.format, 'qcow2')
  assert.equal(bench.images.users.length, 1)
  assert.deepEqual(await offered(bench, undefined), image)
  assert.equal(bench.images.users.length, 1)
})

test('An image that is gone is done without, one that cannot be asked for is an error', async (t) => {
  const bench = workerBench(t)
  bench.images.getFailure = new NotFound({
    status: 404,
    method: 'GET',
    url: 'http://glance/',
    message: 'no such image',
    retryAfter: 0,
    headers: {},
    body: '',
  })
  assert.equal(await offered(bench, sealedFor(host, 'op')), undefined)
  bench.images.getFailure = new Error('connection refused')
  await assert.rejects(offered(bench, sealedFor(host, 'op')), /connection refused/)
})
