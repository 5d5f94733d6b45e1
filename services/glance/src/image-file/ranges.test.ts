import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { ApiError } from '@longhaul/oslo/api'
import { putData, queuedImage, testGlance } from '../testing/glance.ts'
import { rangeOf } from './ranges.ts'

const ten = 10

describe('a Range of ten bytes', () => {
  const ranges: [header: string, start: number, end: number][] = [
    ['bytes=0-4', 0, 4],
    ['bytes=4-', 4, 9],
    ['bytes=9-9', 9, 9],
    ['bytes=0-99', 0, 9],
    ['bytes=-3', 7, 9],
    ['bytes=-99', 0, 9],
    ['Bytes = 1 - 2', 1, 2],
  ]
  for (const [header, start, end] of ranges) {
    test(`'${header}' is ${start} to ${end}`, () => {
      assert.deepEqual(rangeOf({ range: header }, ten), { start, end })
    })
  }

  const refused: [header: string, status: number][] = [
    ['bytes=10-', 416],
    ['bytes=5-4', 416],
    ['bytes=-', 416],
    ['bytes=-0', 416],
    ['bytes=a-b', 416],
    ['bytes=1-2x', 416],
    ['items=0-4', 416],
    [`bytes=${'9'.repeat(30)}-`, 416],
    ['', 416],
    ['bytes=0-1,3-4', 400],
  ]
  for (const [header, status] of refused) {
    test(`'${header}' is refused with ${status}`, () => {
      assert.throws(
        () => rangeOf({ range: header }, ten),
        (error) => error instanceof ApiError && error.status === status,
      )
    })
  }

  test('old clients ask by Content-Range', () => {
    assert.deepEqual(rangeOf({ 'content-range': 'bytes 2-5/*' }, ten), { start: 2, end: 5 })
    assert.deepEqual(rangeOf({ 'content-range': 'bytes 0-9/10' }, ten), { start: 0, end: 9 })
    for (const header of ['bytes 2-10/*', 'bytes 10-11/*', 'bytes 5-2/*', 'bytes 2-5', 'bytes 2-5/5']) {
      assert.throws(() => rangeOf({ 'content-range': header }, ten), { status: 416 })
    }
  })

  test('nothing asked is everything', () => {
    assert.equal(rangeOf({}, ten), undefined)
  })
})

describe('GET /v2/images/{id}/file with a Range', () => {
  test('answers 206 with the part and says which', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    await putData(glance, id, headers, '0123456789')
    const get = (range: string) =>
      glance.app.inject({ url: `/v2/images/${id}/file`, headers: { ...headers, range } })
    const part = await get('bytes=2-5')
    assert.equal(part.statusCode, 206)
    assert.equal(part.body, '2345')
    assert.equal(part.headers['content-range'], 'bytes 2-5/10')
    assert.equal(part.headers['content-length'], '4')
    assert.equal((await get('bytes=-1')).body, '9')
    const beyond = await get('bytes=10-')
    assert.equal(beyond.statusCode, 416)
    assert.equal(beyond.headers['content-range'], 'bytes */10')
    assert.equal((await get('bytes=0-1,4-5')).statusCode, 400)
  })

  test('of an empty image has no part: 416; and no data at all is 204', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const [empty, queued] = [await queuedImage(glance, headers), await queuedImage(glance, headers)]
    await putData(glance, empty, headers, '')
    const get = async (id: string) =>
      (await glance.app.inject({ url: `/v2/images/${id}/file`, headers: { ...headers, range: 'bytes=0-' } }))
        .statusCode
    assert.equal(await get(empty), 416)
    assert.equal(await get(queued), 204)
  })
})
