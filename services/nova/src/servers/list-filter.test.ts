import assert from 'node:assert/strict'
import { test } from 'node:test'
import { microversion } from '@longhaul/oslo/api'
import type { RequestContext } from '@longhaul/oslo/context'
import { parseQuery } from '../query-parameters.ts'
import { listFilter } from './list-filter.ts'
import { serverListQuery, serverListWindows } from './list-query.ts'

const context = { projectId: 'mine', userId: 'me' } as RequestContext
const asked: string[] = []

function filter(query: Record<string, unknown>, version = '2.1', admin = true) {
  const at = microversion(version)
  const read = parseQuery(serverListQuery, query, { version: at, windows: serverListWindows })
  const authorize = (action: string) => void asked.push(action)
  const found = listFilter(read, at, { context, list: 'detail', admin, allFilters: admin, authorize })
  if (!found) return undefined
  const { tags: _, patterns, addresses, ...rest } = found
  return {
    ...rest,
    ...(patterns?.length ? { patterns } : {}),
    ...(addresses?.length ? { addresses } : {}),
  }
}
const mine = { projectId: 'mine', deleted: false }

test("a list is of the caller's project, whatever project the query names", () => {
  assert.deepEqual(filter({ project_id: 'other', tenant_id: 'other' }), mine)
  assert.deepEqual(filter({ all_tenants: '0', unknown: 'x' }), mine)
  assert.deepEqual(asked, [])
})

test('all_tenants asks the policy and then lifts the bound, with or without a value', () => {
  assert.deepEqual(filter({ all_tenants: '' }), { deleted: false })
  assert.deepEqual(filter({ all_tenants: 'True', tenant_id: 'other', host: 'h' }), {
    projectId: 'other',
    host: 'h',
    deleted: false,
  })
  assert.deepEqual(asked, Array(2).fill('os_compute_api:servers:detail:get_all_tenants'))
  assert.throws(() => filter({ all_tenants: 'perhaps' }), { status: 400, code: 'invalid_filter' })
})

test('statuses are looked up among the states, and one that does not exist finds nothing or is refused from 2.38 on', () => {
  assert.deepEqual(filter({ status: ['shutoff', 'ERROR'] })?.vmStates, ['stopped', 'error'])
  assert.equal(filter({ status: 'NO_SUCH' }, '2.37'), undefined)
  assert.throws(() => filter({ status: 'NO_SUCH' }, '2.38'), { status: 400 })
})

test('deleted servers are for administrators, who ask for them, and among what changed lately', () => {
  assert.equal(filter({ deleted: 'true' })?.deleted, true)
  assert.equal(filter({ deleted: 'true' }, '2.1', false)?.deleted, false)
  assert.equal(filter({ status: 'deleted' })?.deleted, true)
  assert.throws(() => filter({ status: 'deleted' }, '2.1', false), { status: 403 })
  assert.equal(filter({ 'changes-since': '2026-01-01T00:00:00Z' })?.deleted, undefined)
})

test('times are read, and must not contradict each other', () => {
  const since = '2026-01-02'
  assert.deepEqual(filter({ 'changes-since': since })?.changedSince, new Date('2026-01-02T00:00:00Z'))
  assert.equal(filter({ 'changes-before': since })?.changedBefore, undefined, 'unknown before 2.66')
  assert.throws(() => filter({ 'changes-since': since, 'changes-before': '2026-01-01' }, '2.66'), {
    status: 400,
  })
  assert.throws(() => filter({ 'changes-since': 'yesterday' }), { status: 400, code: 'invalid_query' })
})

test('who may not filter by everything is not told, the filter just does nothing until it is opened', () => {
  const query = { key_name: 'k', host: 'h', name: '^web' }
  assert.deepEqual(filter(query, '2.82', false), { ...mine, patterns: [['name', '^web']] })
  assert.deepEqual(filter(query, '2.83', false)?.patterns, [
    ['name', '^web'],
    ['key_name', 'k'],
  ])
  assert.equal(filter(query)?.host, 'h')
})

test('a pattern must be a regular expression, and unknown parameters are refused from 2.75 on', () => {
  assert.throws(() => filter({ name: '(' }), { status: 400, code: 'invalid_query' })
  assert.throws(() => filter({ name: '' }), { status: 400, code: 'invalid_query' })
  assert.throws(() => filter({ unknown: 'x' }, '2.75'), { status: 400, code: 'unknown_parameter' })
})

test('addresses are asked for by their version', () => {
  assert.deepEqual(filter({ ip: '10' })?.addresses, [[4, '10']])
  assert.deepEqual(filter({ ip6: 'fe80' }, '2.4', false), mine)
  assert.deepEqual(filter({ ip6: 'fe80' }, '2.5', false)?.addresses, [[6, 'fe80']])
})
