import assert from 'node:assert/strict'
import { test } from 'node:test'
import { routesOf, shapeOf } from '@longhaul/oslo/testing'
import { policyRules } from './policy-rules.ts'
import { testKeystone } from './testing/keystone.ts'

/** Calls that are for everybody, or for whoever has a token of his own. */
const withoutRule = new Set([
  'GET /',
  'GET /healthcheck',
  'GET /metrics',
  'GET /v3',
  'POST /v3/auth/tokens',
  'GET /v3/auth/projects',
  'GET /v3/auth/domains',
  'GET /v3/auth/system',
  'GET /v3/auth/catalog',
  'POST /v3/users/{}/password',
])

test('Rules name calls that exist, and every call has its rule', async (t) => {
  const keystone = await testKeystone()
  t.after(() => keystone.close())
  const routes = new Set((await routesOf(keystone.app)).map(shapeOf))
  const named = new Set(policyRules.flatMap(({ operations = [] }) => operations.map(shapeOf)))
  assert.deepEqual(
    [...named].filter((call) => !routes.has(call)),
    [],
  )
  const guarded = [...routes].filter((call) => !call.startsWith('HEAD ') && !withoutRule.has(call))
  assert.deepEqual(
    guarded.filter((call) => !named.has(call)),
    [],
  )
})
