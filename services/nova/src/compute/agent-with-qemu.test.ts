import assert from 'node:assert/strict'
import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { checkImage } from '@longhaul/qemu'
import { Lab } from '../virt/qemu/fixtures/lab.ts'
import type { QemuDriver } from '../virt/qemu/driver.ts'
import { host, sealedFor } from './fixtures/agent-bench.ts'
import { imageOf, sourceOf, whole } from './fixtures/images.ts'
import { testAgent, type TestAgent } from './fixtures/test-agent.ts'

/** A host with real machines, whose agents come and go. */
async function bench(t: TestContext) {
  const lab = new Lab(t)
  const { id: server, image } = lab.spec()
  const disk = readFileSync(image.path)
  let driver: QemuDriver
  let agent: TestAgent
  const next = async () => {
    driver = lab.driver()
    await driver.adopt()
    agent = await testAgent(t, { driver, stateDirectory: lab.directory })
    agent.images.facts = imageOf(disk, { disk_format: 'raw' })
    agent.images.source = sourceOf(whole(disk))
  }
  await next()
  const job = async (kind: string, params: object = {}, operation: string = kind, wait = 30) => {
    const body = { attempt: 1, kind, server, params, context: sealedFor(host, operation) }
    const answer = await agent.call('PUT', `/v1/jobs/${operation}/${kind}?wait=${wait}`, body)
    return answer.json['job'] as { state: string; result?: Record<string, unknown>; error?: object }
  }
  return {
    lab,
    server,
    job,
    /** The agent ends, another one begins. */
    restart: async () => {
      await agent.app.close()
      driver.close()
      await next()
    },
    forget: (operation: string) => agent.call('DELETE', `/v1/operations/${operation}?attempt=1`),
    powerState: async () => {
      const { json } = await agent.call('GET', `/v1/guests/${server}`)
      return (json['guest'] as { power_state: string }).power_state
    },
  }
}

const boot = {
  image: { id: imageOf(Buffer.alloc(0)).id },
  flavor: { ram: 32, vcpus: 1, disk: 0 },
  name: 'vm',
}

test('A machine is booted, and its power changed by agents that know it from their records only', async (t) => {
  const { lab, server, job, restart, powerState } = await bench(t)
  assert.deepEqual(await job('boot', boot), { state: 'done', result: { power_state: 'running' } })
  await lab.tick(server, 2)
  for (const [kind, params, wanted] of [
    ['stop', { shutdown_timeout: 0 }, 'shutdown'],
    ['start', {}, 'running'],
    ['pause', {}, 'paused'],
    ['reboot', { type: 'HARD' }, 'running'],
    ['suspend', {}, 'shutdown'],
    ['resume', {}, 'running'],
  ] as const) {
    await restart()
    assert.deepEqual(await job(kind, params), { state: 'done', result: { power_state: wanted } }, kind)
    await restart()
    assert.deepEqual((await job(kind, params)).state, 'done', `${kind} again`)
    assert.equal(await powerState(), wanted, kind)
  }
  assert.deepEqual(await job('destroy'), { state: 'done', result: {} })
  assert.deepEqual(readdirSync(join(lab.directory, 'instances')), [])
})

test('A backup that was under way when the agent ended is joined by the next one and forgotten with its operation', async (t) => {
  const { lab, server, job, restart, forget } = await bench(t)
  await job('boot', boot)
  await lab.tick(server, 2)
  const operator = await lab.operator(server)
  const copying = operator.waitFor(
    ({ event, data }) => event === 'JOB_STATUS_CHANGE' && data?.['status'] === 'running',
  )
  assert.equal((await job('backup', { bandwidth: 64 * 1024 }, 'op', 0)).state, 'running')
  const { data } = await copying
  const tick = lab.lastTick(server)
  await restart()
  await operator.execute('block-job-set-speed', { device: data?.['id'], speed: 0 })
  const { state, result } = await job('backup', {}, 'op')
  assert.equal(state, 'done')
  const path = join(lab.directory, 'backups/op.qcow2')
  await checkImage(path)
  assert.ok((await lab.tickInImage(path)) <= tick)
  assert.equal(result?.['disk_format'], 'qcow2')
  await forget('op')
  assert.deepEqual(readdirSync(join(lab.directory, 'backups')), [])
})
