import assert from 'node:assert/strict'
import { once } from 'node:events'
import { request as httpRequest, type IncomingMessage } from 'node:http'
import { describe, test } from 'node:test'
import { brokenBodies, oddTexts, pathOf, routesOf } from '@longhaul/oslo/testing'
import { putData, queuedImage, testGlance } from './testing/glance.ts'

const bodies: readonly (string | Buffer | undefined)[] = [
  undefined,
  ...brokenBodies('name'),
  '{"name":{},"tags":5,"min_disk":"much","protected":"yes","visibility":3,"owner":[]}',
  '{"name":"\\u0000"}',
  '{"name":"\\ud800"}',
  '{"\\ud800":"x"}',
  '{"\\u0000":"x"}',
  '{"":"x"}',
  '{"min_disk":1e400}',
  '{"min_ram":-1}',
  '{"min_ram":1.5}',
  '{"min_ram":99999999999999999999}',
  '{"tags":[1,{}]}',
  '{"id":"5f1e36c2"}',
  JSON.stringify({ ['k'.repeat(300)]: 'v' }),
  '{"member":{}}',
  '{"member":"\\ud800"}',
  '{"status":["accepted"]}',
  '{"method":[]}',
  '{"method":{"name":{}}}',
  '[{"op":"add"}]',
  '[{"op":"add","path":5,"value":1}]',
  '[{"op":"add","path":"","value":1}]',
  '[{"op":"add","path":"/a/b","value":1}]',
  '[{"op":"add","path":"/\\u0000","value":"x"}]',
  '[{"op":"add","path":"/x","value":"\\u0000"}]',
  '[{"op":"add","path":"/__proto__","value":"x"}]',
  '[{"op":"replace","path":"/name","value":{}}]',
  '[{"op":"replace","path":"/toString","value":"x"}]',
  '[{"op":"remove","path":"/hasOwnProperty"}]',
  '[{"op":"replace","path":"/locations","value":[]}]',
  '[{"op":"toString","path":"/name"}]',
  '[{"add":"/name","remove":"/name","value":1}]',
]

const types = [
  undefined,
  'application/json',
  'application/openstack-images-v2.1-json-patch',
  'application/openstack-images-v2.0-json-patch',
  'application/octet-stream',
  'text/plain',
  'text/plain; charset="',
  'garbage',
  'multipart/form-data; boundary=x',
]

const queries = [
  '?limit=%ff',
  '?limit=1e3',
  '?limit=1&limit=x',
  '?marker=%00',
  '?sort=%00',
  '?sort=,',
  '?sort_key=%ed%a0%80',
  '?name=%ed%a0%80',
  '?a%00=b',
  '?tag=%ff&tag=%00',
  '?id=in:%00',
  '?created_at=gt:%ff',
  '?size_min=99999999999999999999',
  '?min_ram=999999999999999',
  '?__proto__=x',
  '?hasOwnProperty=x',
  `?owner=${'a'.repeat(5000)}`,
  '?%',
]

describe('no bad input is a failure of the service', () => {
  test('on any route', async (t) => {
    const glance = await testGlance(t)
    const url = await glance.listen()
    const member = { ...glance.as({ lifetime: 100_000 }), accept: 'application/json' }
    const admin = { ...glance.asAdmin(), accept: 'application/json' }
    let image = ''
    const renew = async () => {
      image = await queuedImage(glance, member)
    }
    let asked = 0
    const ask = async (
      method: string,
      path: string,
      extra: Record<string, string> = {},
      body?: string | Buffer,
    ) => {
      const sent = httpRequest(`${url}${path}`, {
        method,
        headers: {
          ...(path.startsWith('/v2/tasks') ? admin : member),
          ...extra,
          ...(body === undefined ? {} : { 'content-length': String(Buffer.byteLength(body)) }),
        },
      })
      sent.end(body)
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      const text = Buffer.concat((await response.toArray()) as Buffer[]).toString()
      const status = response.statusCode ?? 0
      const question = `${method} ${path.slice(0, 100)} ${JSON.stringify(extra)} ${String(body).slice(0, 80)}`
      assert.ok(status < 500 && status >= 200, `${status} to ${question}: ${text}`)
      if (status >= 400 && method !== 'HEAD') {
        const error = JSON.parse(text) as Record<string, unknown>
        assert.deepEqual(Object.keys(error).toSorted(), ['code', 'message', 'title'], question)
        assert.equal(error['code'], `${status} ${String(error['title'])}`, question)
      }
      asked++
      if (status === 204) await renew()
    }
    await renew()
    const routes = (await routesOf(glance.app)).filter(({ path }) => path.startsWith('/v2'))
    assert.ok(routes.length > 25)
    for (const route of routes) {
      const parameters = () => ({ image_id: image, member_id: 'm', task_id: image, tag: 'x' })
      const own = route.method === 'PATCH' ? types[2]! : types[1]!
      for (const body of bodies) {
        await ask(route.method, pathOf(route, parameters()), { 'content-type': own }, body)
      }
      for (const type of types) {
        const extra: Record<string, string> = type === undefined ? {} : { 'content-type': type }
        for (const body of ['{}', '[]', undefined, '{"status":"accepted","member":"m"}']) {
          await ask(route.method, pathOf(route, parameters()), extra, body)
        }
      }
      for (const query of queries) await ask(route.method, pathOf(route, parameters()) + query)
      for (const id of oddTexts) {
        const path = pathOf(route, { image_id: id, member_id: id, task_id: id, tag: id })
        await ask(route.method, path)
        await ask(route.method, pathOf(route, { ...parameters(), member_id: id, tag: id }))
      }
    }
    assert.ok(asked > routes.length * 100)
  })

  test('in the headers of a download', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    await putData(glance, id, headers)
    const values = ['', 'bytes', 'bytes=', 'bytes=a', 'bytes=0-0,1-1', `bytes=0-${'9'.repeat(400)}`, '\u00ff']
    for (const name of ['range', 'content-range', 'accept', 'content-type', 'x-openstack-request-id']) {
      for (const value of values) {
        const url = `/v2/images/${id}/file`
        const answer = await glance.app.inject({ url, headers: { ...headers, [name]: value } })
        assert.ok(answer.statusCode < 500, `${name}: ${value}`)
      }
    }
  })
})
