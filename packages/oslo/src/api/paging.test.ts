import assert from 'node:assert/strict'
import { test } from 'node:test'
import { computePageLinks, identityPageLinks, imagePageLinks, nextPage, pageOf } from './paging.ts'

test('limit is capped, and the cap is the default', () => {
  assert.deepEqual(pageOf({}, { maxLimit: 1000 }), { limit: 1000 })
  assert.deepEqual(pageOf({ limit: '10', marker: 'm' }, { maxLimit: 1000 }), { limit: 10, marker: 'm' })
  assert.deepEqual(pageOf({ limit: '5000' }, { maxLimit: 1000 }), { limit: 1000 })
  assert.deepEqual(pageOf({ limit: 7 }, { maxLimit: 1000 }), { limit: 7 })
  assert.deepEqual(pageOf({ limit: ['1', '2'] }, { maxLimit: 1000 }), { limit: 2 })
})

test('limit 0 is all that may be had, or nothing for images', () => {
  assert.deepEqual(pageOf({ limit: '0' }, { maxLimit: 25 }), { limit: 25 })
  assert.deepEqual(pageOf({ limit: '0' }, { maxLimit: 25, zero: 'none' }), { limit: 0 })
})

test('a limit that is no whole number is 400', () => {
  for (const limit of ['-1', '1.5', 'ten', '', ' 1', '1e3', '9'.repeat(20)]) {
    assert.throws(() => pageOf({ limit }, { maxLimit: 10 }), { status: 400, code: 'invalid_limit' })
  }
})

const facts = {
  url: 'http://h/v2.1/servers',
  query: { name: 'a b', limit: '2' },
  page: { limit: 2 },
  ids: ['s1', 's2'],
}

test('a full page links to the next with the same query and a new marker', () => {
  const href = 'http://h/v2.1/servers?name=a+b&limit=2&marker=s2'
  assert.equal(nextPage(facts), href)
  assert.deepEqual(computePageLinks('servers', facts), { servers_links: [{ rel: 'next', href }] })
  assert.equal(
    nextPage({ ...facts, query: { marker: 's0', tag: ['x', 'y'] } }),
    'http://h/v2.1/servers?marker=s2&tag=x&tag=y',
  )
})

test('a page that is not full is the last', () => {
  for (const ids of [[], ['s1']]) {
    assert.equal(nextPage({ ...facts, ids }), undefined)
    assert.deepEqual(computePageLinks('servers', { ...facts, ids }), {})
  }
  assert.equal(nextPage({ ...facts, page: { limit: 0 }, ids: [] }), undefined)
})

test("images' first page is the query without the marker", () => {
  const image = {
    url: '/v2/images',
    query: { limit: '2', marker: 'i0' },
    page: { limit: 2, marker: 'i0' },
    ids: ['i1', 'i2'],
  }
  assert.deepEqual(imagePageLinks(image), {
    first: '/v2/images?limit=2',
    next: '/v2/images?limit=2&marker=i2',
  })
  assert.deepEqual(imagePageLinks({ ...image, query: {}, ids: ['i1'] }), { first: '/v2/images' })
})

test("identity's links are null where there is no page", () => {
  assert.deepEqual(identityPageLinks({ url: 'http://h/v3/users', query: {}, page: { limit: 9 }, ids: [] }), {
    self: 'http://h/v3/users',
    next: null,
    previous: null,
  })
})
