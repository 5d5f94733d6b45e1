import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { queuedImage, show, testGlance, type TestGlance } from '../testing/glance.ts'

async function patch(
  { app }: TestGlance,
  id: string,
  headers: Record<string, string>,
  changes: Record<string, unknown>[],
) {
  return await app.inject({
    method: 'PATCH',
    url: `/v2/images/${id}`,
    headers: { ...headers, 'content-type': 'application/openstack-images-v2.1-json-patch' },
    payload: JSON.stringify(changes),
  })
}

const post = async ({ app }: TestGlance, headers: Record<string, string>, payload: object) =>
  (await app.inject({ method: 'POST', url: '/v2/images', headers, payload })).statusCode

describe('image_property_quota', () => {
  test('refuses one property too many with 413, when an image is made and when it is changed', async (t) => {
    const glance = await testGlance(t, { quotas: { properties: 2 } })
    const headers = glance.as()
    assert.equal(await post(glance, headers, { a: '1', b: '2', c: '3' }), 413)
    const id = await queuedImage(glance, headers, { a: '1', b: '2' })
    const refused = await patch(glance, id, headers, [{ op: 'add', path: '/c', value: '3' }])
    assert.equal(refused.statusCode, 413)
    assert.equal(refused.json<{ title: string }>().title, 'Request Entity Too Large')
    assert.match(refused.body, /Attempted: 3, Maximum: 2/)
    assert.equal((await show(glance, id, headers))['c'], undefined)
    const swapped = [
      { op: 'remove', path: '/a' },
      { op: 'add', path: '/c', value: '3' },
    ]
    assert.equal((await patch(glance, id, headers, swapped)).statusCode, 200)
  })

  test('that was lowered lets an image be changed that has more', async (t) => {
    const before = await testGlance(t)
    const headers = before.as()
    const id = await queuedImage(before, headers, { a: '1', b: '2' })
    const glance = await testGlance(t, { after: before, quotas: { properties: 1 } })
    const change = [{ op: 'replace', path: '/a', value: '5' }]
    assert.equal((await patch(glance, id, headers, change)).statusCode, 200)
    assert.equal((await patch(glance, id, headers, [{ op: 'add', path: '/c', value: '3' }])).statusCode, 413)
  })

  test('negative is none', async (t) => {
    const glance = await testGlance(t, { quotas: { properties: -1 } })
    assert.equal(await post(glance, glance.as(), { a: '1' }), 201)
  })
})

describe('image_tag_quota', () => {
  test('refuses one tag too many with 413, one by one and as a list', async (t) => {
    const glance = await testGlance(t, { quotas: { tags: 2 } })
    const headers = glance.as()
    assert.equal(await post(glance, headers, { tags: ['a', 'b', 'c'] }), 413)
    assert.equal(await post(glance, headers, { tags: ['a', 'b', 'b'] }), 201)
    const id = await queuedImage(glance, headers, { tags: ['a', 'b'] })
    const tag = async (name: string) =>
      (await glance.app.inject({ method: 'PUT', url: `/v2/images/${id}/tags/${name}`, headers })).statusCode
    assert.equal(await tag('b'), 204)
    assert.equal(await tag('c'), 413)
    const three = [{ op: 'replace', path: '/tags', value: ['c', 'd', 'e'] }]
    assert.equal((await patch(glance, id, headers, three)).statusCode, 413)
  })
})
