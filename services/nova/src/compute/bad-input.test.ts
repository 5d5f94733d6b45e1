import assert from 'node:assert/strict'
import { test } from 'node:test'
import { brokenBodies, oddTexts, pathOf, routesOf, variants } from '@longhaul/oslo/testing'
import { bootParams, host, sealedFor } from './fixtures/agent-bench.ts'
import { testAgent, type TestAgent } from './fixtures/test-agent.ts'

const job = {
  attempt: 1,
  kind: 'boot',
  server: 's1',
  params: bootParams,
  context: sealedFor(host, 'op'),
}

/** Sends it, and looks whether the answer is a proper one. @returns the status */
async function judge(agent: TestAgent, method: string, url: string, payload?: unknown): Promise<number> {
  const raw = typeof payload === 'string' || Buffer.isBuffer(payload)
  const answer = await agent.app.inject({
    method: method as 'GET',
    url,
    headers: {
      ...agent.as('nova-compute'),
      ...(payload === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(payload === undefined ? {} : { payload: raw ? payload : JSON.stringify(payload) }),
  })
  const about = `${method} ${url.slice(0, 100)} ${JSON.stringify(payload)?.slice(0, 100)}: ${answer.statusCode} ${answer.body}`
  assert.ok(answer.statusCode < 500, about)
  if (answer.statusCode < 400) return answer.statusCode
  const [[, fault] = []] = Object.entries(answer.json<Record<string, { code: number; message: string }>>())
  assert.equal(fault?.code, answer.statusCode, about)
  assert.ok(fault.message.length > 0, about)
  return answer.statusCode
}

const values = { operation: 'op', step: 'boot', server: 's1' }

test('No bad input is a failure of the agent, and none begins a job', async (t) => {
  const agent = await testAgent(t)
  const routes = (await routesOf(agent.app)).filter(({ path }) => path.startsWith('/v1'))
  assert.ok(routes.length >= 6)
  for (const route of routes.filter(({ method }) => method !== 'HEAD')) {
    for (const body of brokenBodies('kind')) {
      const status = await judge(agent, route.method, pathOf(route, values), body)
      if (route.method === 'PUT') assert.ok(status >= 400)
    }
    for (const odd of oddTexts) {
      await judge(agent, route.method, `${pathOf(route, values)}?wait=${odd}&attempt=${odd}&length=${odd}`)
      await judge(agent, route.method, pathOf(route, { operation: odd, step: odd, server: odd }))
    }
  }
  assert.deepEqual(await agent.driver.list(), [])
})

test('No odd value in a job is a failure of the agent', async (t) => {
  const agent = await testAgent(t)
  let refused = 0
  let turn = 0
  for (const body of variants(job)) {
    const path = `/v1/jobs/op${turn++}/boot?wait=30`
    if ((await judge(agent, 'PUT', path, JSON.stringify(body))) >= 400) refused++
  }
  assert.ok(refused > 100, `${refused} were refused`)
})
