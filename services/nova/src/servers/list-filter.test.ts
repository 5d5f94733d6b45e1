import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { RequestContext } from '@longhaul/oslo/context'
import { listFilter } from './list-filter.ts'

const context = { projectId: 'mine' } as RequestContext
const asked: string[] = []
const filter = (query: Record<string, unknown>) =>
  listFilter(query, context, (action) => asked.push(action), 'detail')

test("a list is of the caller's project, whatever project the query names", () => {
  assert.deepEqual(filter({ project_id: 'other', host: 'compute1' }), { projectId: 'mine' })
  assert.deepEqual(filter({ all_tenants: '0', unknown: 'x' }), { projectId: 'mine' })
  assert.deepEqual(asked, [])
})

test('all_tenants asks the policy and then lifts the bound, with or without a value', () => {
  assert.deepEqual(filter({ all_tenants: '' }), {})
  assert.deepEqual(filter({ all_tenants: 'True', tenant_id: 'other', host: 'h' }), {
    projectId: 'other',
    host: 'h',
  })
  assert.deepEqual(asked, Array(2).fill('os_compute_api:servers:detail:get_all_tenants'))
  assert.throws(() => filter({ all_tenants: 'perhaps' }), { status: 400, code: 'invalid_filter' })
})

test('status is looked up among the states, a name is a regular expression', () => {
  assert.deepEqual(filter({ status: 'shutoff', name: '^web' }), {
    projectId: 'mine',
    vmStates: ['stopped'],
    name: '^web',
  })
  assert.deepEqual(filter({ status: 'RESIZE' }).vmStates, [])
  assert.throws(() => filter({ name: '(' }), { status: 400, code: 'invalid_filter' })
})
