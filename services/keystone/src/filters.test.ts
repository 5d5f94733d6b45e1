import assert from 'node:assert/strict'
import { after, before, describe, it } from 'node:test'
import { asksFor, readFilters } from './filters.ts'
import { testKeystone, type TestKeystone } from './testing/keystone.ts'

const plain = { comparison: 'equals', ignoreCase: false }

describe('reading filters', () => {
  it('takes what is known, in every comparison', () => {
    const query = { name: 'a', name__contains: 'b', name__istartswith: 'C', enabled: '' }
    assert.deepEqual(readFilters(query, ['name', 'enabled']), [
      { name: 'name', value: 'a', ...plain },
      { name: 'name', value: 'b', comparison: 'contains', ignoreCase: false },
      { name: 'name', value: 'C', comparison: 'startswith', ignoreCase: true },
      { name: 'enabled', value: '', ...plain },
    ])
  })

  it('ignores what is not', () => {
    const query = {
      colour: 'red',
      name__like: 'x',
      name__: 'x',
      __contains: 'x',
      password_hash__startswith: '$',
    }
    assert.deepEqual(readFilters(query, ['name']), [])
  })

  it('takes a name as often as it comes', () => {
    assert.deepEqual(readFilters({ name: ['a', 'b'] }, ['name']), [
      { name: 'name', value: 'a', ...plain },
      { name: 'name', value: 'b', ...plain },
    ])
  })

  it('knows what asks for something', () => {
    assert.equal(asksFor({ effective: '' }, 'effective'), true)
    assert.equal(asksFor({ effective: 'false' }, 'effective'), true)
    assert.equal(asksFor({ effective: '0' }, 'effective'), false)
    assert.equal(asksFor({}, 'effective'), false)
  })
})

describe('filters in the database', () => {
  let keystone: TestKeystone
  let token: string
  before(async () => {
    keystone = await testKeystone()
    token = await keystone.login('admin', { project: { name: 'admin', domain: { id: 'default' } } })
    for (const name of ['Blue_%', 'blue', 'b', "o'hara"]) {
      const answer = await keystone.call('POST', '/v3/services', {
        token,
        body: { service: { name, type: 'x' } },
      })
      assert.equal(answer.statusCode, 201)
    }
  })
  after(() => keystone.close())

  const found = async (query: string) => {
    const answer = await keystone.call('GET', `/v3/services?type=x&${query}`, { token })
    return answer
      .json<{ services: { name: string }[] }>()
      .services.map(({ name }) => name)
      .toSorted()
  }
  for (const [query, names] of [
    ['name=blue', ['blue']],
    ['name=Blue', []],
    ['name__contains=lu', ['Blue_%', 'blue']],
    ['name__contains=%25', ['Blue_%']],
    ['name__contains=_', ['Blue_%']],
    ["name__contains='", ["o'hara"]],
    ['name__startswith=b', ['b', 'blue']],
    ['name__istartswith=BL', ['Blue_%', 'blue']],
    ['name__endswith=e', ['blue']],
    ['name__endswith=longer-than-any', []],
    ['name__iendswith=E', ['blue']],
    ['name__icontains=LUE', ['Blue_%', 'blue']],
    ['name=b&name__contains=l', []],
    ['nonsense__contains=q', ['Blue_%', 'b', 'blue', "o'hara"]],
  ] as const) {
    it(`${query} finds ${names.join(', ') || 'nothing'}`, async () => {
      assert.deepEqual(await found(query), names)
    })
  }
})
