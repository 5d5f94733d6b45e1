import assert from 'node:assert/strict'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { test } from 'node:test'
import { httpError } from '@longhaul/keystoneauth'
import { FakeDriver } from '../virt/fake/driver.ts'
import { bootParams, host, sealedFor, userContext } from './fixtures/agent-bench.ts'
import { hostState } from './fixtures/host-state.ts'
import { scratch } from './fixtures/scratch.ts'
import { testAgent, type TestAgent } from './fixtures/test-agent.ts'

const server = 's1'
const job = (kind: string, params: object, recipient = host) => ({
  attempt: 1,
  kind,
  server,
  params,
  context: sealedFor(recipient, 'op'),
})

async function run(agent: TestAgent, kind: string, params: object, recipient?: string) {
  const answer = await agent.call('PUT', `/v1/jobs/op/${kind}?wait=30`, job(kind, params, recipient))
  return answer.json['job'] as { state: string; error?: { code: string; message: string } }
}

/** Everything that stands in files below a directory. */
function textBelow(directory: string): string {
  return readdirSync(directory, { recursive: true, encoding: 'utf8' })
    .map((name) => join(directory, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, 'latin1'))
    .join('\n')
}

test('A snapshot from boot to upload, then everything of the operation is forgotten', async (t) => {
  const agent = await testAgent(t)
  for (const [kind, params] of [
    ['boot', bootParams],
    ['backup', {}],
  ] as const) {
    assert.equal((await run(agent, kind, params)).state, 'done')
  }
  agent.images.facts = { ...agent.images.facts, status: 'queued' }
  assert.equal((await run(agent, 'upload', { image: 'i1' })).state, 'done')
  assert.equal((await agent.call('DELETE', '/v1/operations/op?attempt=1')).status, 204)
  assert.deepEqual(readdirSync(join(agent.directory, 'backups')), [])
  assert.deepEqual(await agent.driver.list(), [{ id: server, power_state: 'running' }])
})

test('A context that was sealed for another host is opened by nobody, and the failure is final', async (t) => {
  const agent = await testAgent(t)
  const { state, error } = await run(agent, 'boot', bootParams, 'compute2')
  assert.deepEqual([state, error?.code], ['failed', 'seal_invalid'])
  assert.deepEqual(await agent.driver.list(), [])
})

test('The token stands in no log, no record and no answer, even if glance sends it back', async (t) => {
  const agent = await testAgent(t)
  await run(agent, 'boot', bootParams)
  await run(agent, 'backup', {})
  const token = userContext.authToken!
  agent.images.facts = { ...agent.images.facts, status: 'queued' }
  agent.images.uploadFailure = httpError({
    status: 401,
    method: 'PUT',
    url: 'http://glance/v2/images/i1/file',
    message: 'refused',
    retryAfter: 0,
    headers: { 'x-auth-token': token },
    body: `X-Auth-Token: ${token}`,
  })
  const failed = await run(agent, 'upload', { image: 'i1' })
  assert.equal(failed.error?.code, 'http_401')
  const everything = JSON.stringify(failed) + agent.log.text() + textBelow(agent.directory)
  assert.ok(everything.includes('upload refused') && everything.includes('http_401'))
  assert.doesNotMatch(everything, /never-shown/)
})

test('What the agent keeps is for nobody else', async (t) => {
  const agent = await testAgent(t)
  await run(agent, 'boot', bootParams)
  for (const name of ['operations', 'images']) {
    assert.equal(statSync(join(agent.directory, name)).mode & 0o777, 0o700, name)
  }
  for (const name of ['operations/op.json', `images/${bootParams.image.id}`]) {
    assert.equal(statSync(join(agent.directory, name)).mode & 0o777, 0o600, name)
  }
})

test('The agent reports when its port is open, and closing it ends that', async (t) => {
  const { promise: scheduled, resolve } = Promise.withResolvers<void>()
  let cancelled = 0
  const agent = await testAgent(t)
  const reports: string[] = []
  const second = await testAgent(t, {
    report: {
      api: { put: async (path) => void reports.push(path) },
      url: () => 'http://127.0.0.1:1',
      state: () => hostState,
      interval: () => 1000,
      schedule: () => {
        resolve()
        return () => void cancelled++
      },
    },
  })
  assert.deepEqual(agent.reports, [])
  await second.app.listen({ host: '127.0.0.1', port: 0 })
  await scheduled
  assert.deepEqual(reports, [`/internal/v1/hosts/${host}`])
  await second.app.close()
  assert.equal(cancelled, 1)
})

test('Closing the agent answers a conductor that waits, without an end of the job', async (t) => {
  const { promise: copying, resolve } = Promise.withResolvers<void>()
  const sleep = () => {
    resolve()
    return new Promise<void>(() => {})
  }
  const agent = await testAgent(t, { driver: new FakeDriver({ directory: join(scratch(t), 'b'), sleep }) })
  await run(agent, 'boot', bootParams)
  const waiting = run(agent, 'backup', {})
  await copying
  await agent.app.close()
  assert.equal((await waiting).state, 'running')
})
