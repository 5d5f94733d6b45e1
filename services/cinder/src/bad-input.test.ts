import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { test } from 'node:test'
import { brokenBodies, oddTexts, pathOf, routesOf, variants } from '@longhaul/oslo/testing'
import { testCinder } from './testing/cinder.ts'

const connector = { host: 'h', mountpoint: '/dev/vdb', mode: 'rw' }

/** Bodies that are right, by the key that they have, each of whose parts is then made wrong. */
const good: Record<string, object> = {
  'POST /volumes': {
    volume: {
      size: 1,
      name: 'n',
      description: 'd',
      metadata: { a: 'b' },
      volume_type: 't',
      snapshot_id: randomUUID(),
      imageRef: 'x',
    },
  },
  'PUT /volumes/:volume_id': { volume: { name: 'n', description: 'd', metadata: { a: 'b' } } },
  'POST /snapshots': { snapshot: { volume_id: randomUUID(), name: 'n', force: true, metadata: { a: 'b' } } },
  'PUT /snapshots/:snapshot_id': { snapshot: { name: 'n', description: 'd' } },
  'POST /attachments': {
    attachment: { volume_uuid: randomUUID(), instance_uuid: randomUUID(), connector, mode: 'rw' },
  },
  'PUT /attachments/:attachment_id': { attachment: { connector } },
  'POST /types': { volume_type: { name: 'n', description: 'd', extra_specs: { a: 'b' } } },
  'PUT /types/:type_id': { volume_type: { name: 'n', description: 'd', is_public: true } },
  'POST /types/:type_id/extra_specs': { extra_specs: { a: 'b' } },
  'POST /types/:type_id/action': { addProjectAccess: { project: 'p' } },
  'PUT /os-quota-sets/:target_project_id': { quota_set: { volumes: 1, gigabytes: 2 } },
  'PUT /volumes/:id/metadata': { metadata: { a: 'b' } },
}

const actions: Record<string, unknown> = {
  'os-extend': { new_size: 5 },
  'os-attach': { host_name: 'h', mountpoint: '/x', mode: 'rw' },
  'os-detach': { attachment_id: randomUUID() },
  'os-initialize_connection': { connector },
  'os-terminate_connection': { connector },
  'os-set_bootable': { bootable: true },
  'os-update_readonly_flag': { readonly: false },
  'os-set_image_metadata': { metadata: { a: 'b' } },
  'os-unset_image_metadata': { key: 'a' },
  'os-reset_status': { status: 'available' },
}

const queries = [
  '?limit=%ff',
  '?limit=1e3',
  '?limit=1&limit=x',
  '?marker=%00',
  '?sort=%00',
  '?sort=,',
  '?sort_key=%ed%a0%80',
  '?name=%ed%a0%80',
  '?name~=%25%5C',
  '?a%00=b',
  '?created_at=gt:%ff',
  '?created_at=gt:9999-99-99',
  '?metadata=%7B%27a%27:%7D',
  '?size=99999999999999999999',
  '?offset=99999999999999999999',
  '?__proto__=x',
  '?hasOwnProperty=x',
  `?status=${'a'.repeat(3000)}`,
  '?%',
]

test('no bad input is a failure of the service', async (t) => {
  const cinder = await testCinder(t)
  const volume = await cinder.volume()
  const as = { ...cinder.asAdmin(), 'openstack-api-version': 'volume 3.70' }
  let asked = 0
  const ask = async (method: string, url: string, payload?: string | Buffer | object) => {
    const headers = payload === undefined ? as : { ...as, 'content-type': 'application/json' }
    const answer = await cinder.app.inject({
      method: method as 'GET',
      url,
      headers,
      ...(payload === undefined
        ? {}
        : {
            payload:
              typeof payload === 'object' && !Buffer.isBuffer(payload) ? JSON.stringify(payload) : payload,
          }),
    })
    const question = `${method} ${url.slice(0, 120)} ${JSON.stringify(payload)?.slice(0, 120)}`
    assert.ok(answer.statusCode < 500, `${answer.statusCode} to ${question}: ${answer.body}`)
    if (answer.statusCode >= 400 && method !== 'HEAD') {
      const [error] = Object.values(answer.json<Record<string, { code: number; message: string }>>())
      assert.equal(error!.code, answer.statusCode, question)
      assert.equal(typeof error!.message, 'string', question)
    }
    asked++
  }
  const prefix = '/v3/:project_id'
  const routes = (await routesOf(cinder.app)).filter(({ path }) => path.startsWith(`${prefix}/`))
  assert.ok(routes.length > 50)
  const ids = {
    project_id: 'id-project-demo',
    volume_id: volume,
    id: volume,
    key: 'k',
    type_id: randomUUID(),
  }
  for (const route of routes) {
    const path = pathOf(route, ids)
    const own = good[`${route.method} ${route.path.slice(prefix.length)}`]
    if (['POST', 'PUT'].includes(route.method)) {
      for (const body of brokenBodies('volume')) await ask(route.method, path, body)
      if (own) for (const body of variants(own)) await ask(route.method, path, body as object)
    }
    if (route.method === 'GET') for (const query of queries) await ask(route.method, path + query)
    for (const odd of oddTexts) {
      const all = {
        ...ids,
        volume_id: odd,
        snapshot_id: odd,
        attachment_id: odd,
        type_id: odd,
        id: odd,
        key: odd,
      }
      await ask(route.method, pathOf(route, { ...all, target_project_id: odd }))
    }
  }
  const path = `${prefix.replace(':project_id', 'id-project-demo')}/volumes/${volume}/action`
  for (const [name, body] of Object.entries(actions)) {
    for (const odd of variants(body, (other) => ({ [name]: other }))) await ask('POST', path, odd as object)
  }
  assert.ok(asked > 1500)
})
