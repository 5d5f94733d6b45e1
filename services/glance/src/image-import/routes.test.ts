import assert from 'node:assert/strict'
import { createHash } from 'node:crypto'
import { readdir } from 'node:fs/promises'
import { describe, test } from 'node:test'
import {
  putData,
  queuedImage,
  saving,
  settled,
  show,
  testGlance,
  turn,
  type TestGlance,
} from '../testing/glance.ts'
import { beginUpload } from '../testing/upload.ts'

const data = 'longhaul '.repeat(20_000)
const direct = { method: { name: 'glance-direct' } }

async function importImage(
  { app }: TestGlance,
  id: string,
  headers: Record<string, string>,
  payload: Record<string, unknown> = direct,
) {
  return await app.inject({ method: 'POST', url: `/v2/images/${id}/import`, headers, payload })
}

async function tasksOf({ app }: TestGlance, id: string, headers: Record<string, string>) {
  const answer = await app.inject({ url: `/v2/images/${id}/tasks`, headers })
  return answer.json<{ tasks: Record<string, unknown>[] }>().tasks
}

describe('PUT /v2/images/{id}/stage and POST /v2/images/{id}/import', () => {
  test('bring data to an image in two steps', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    assert.equal(await putData(glance, id, headers, data, 'stage'), 204)
    const staged = await show(glance, id, headers)
    assert.deepEqual(
      [staged['status'], staged['size'], staged['checksum'], staged['os_glance_import_task']],
      ['uploading', data.length, null, undefined],
    )
    assert.equal((await importImage(glance, id, headers)).statusCode, 202)
    const image = await settled(glance, id, headers)
    assert.equal(image['status'], 'active')
    assert.equal(image['checksum'], createHash('md5').update(data).digest('hex'))
    assert.equal(image['virtual_size'], data.length)
    assert.equal(image['os_glance_failed_import'], '')
    assert.equal(image['os_glance_importing_to_stores'], '')
    await glance.running.idle()
    assert.deepEqual(await glance.files(), [id])
    const [task, ...others] = await tasksOf(glance, id, headers)
    assert.equal(others.length, 0)
    assert.deepEqual(
      [task?.['type'], task?.['status'], task?.['result'], task?.['image_id']],
      ['api_image_import', 'success', { image_id: id }, id],
    )
  })

  test('say on create how data may come', async (t) => {
    const glance = await testGlance(t)
    const request = { method: 'POST' as const, url: '/v2/images', headers: glance.as(), payload: {} }
    const answer = await glance.app.inject(request)
    assert.equal(answer.headers['openstack-image-import-methods'], 'glance-direct')
    const info = await glance.app.inject({ url: '/v2/info/import', headers: glance.as() })
    const methods = info.json<{ 'import-methods': { value: string[] } }>()['import-methods']
    assert.deepEqual(methods.value, ['glance-direct'])
  })

  test('do not exist where the operator has switched them off', async (t) => {
    const glance = await testGlance(t, { importMethods: [] })
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    assert.equal(await putData(glance, id, headers, data, 'stage'), 404)
    assert.equal((await importImage(glance, id, headers)).statusCode, 400)
    const request = { method: 'POST' as const, url: '/v2/images', headers, payload: {} }
    assert.equal('openstack-image-import-methods' in (await glance.app.inject(request)).headers, false)
  })

  test('data that is refused fails the task and queues the image, and nothing is left', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers, { disk_format: 'qcow2' })
    assert.equal(await putData(glance, id, headers, data, 'stage'), 204)
    assert.equal((await importImage(glance, id, headers)).statusCode, 202)
    const image = await settled(glance, id, headers)
    assert.deepEqual([image['status'], image['size']], ['queued', null])
    await glance.running.idle()
    assert.deepEqual(await glance.files(), [])
    const [task] = await tasksOf(glance, id, headers)
    assert.equal(task?.['status'], 'failure')
    assert.match(String(task?.['message']), /format raw, declared was qcow2/)
    assert.equal(await putData(glance, id, headers, data, 'stage'), 204)
  })

  test('data over the quota of the project fails the task and queues the image', async (t) => {
    const glance = await testGlance(t, { data: { storageQuota: 1000 } })
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    await putData(glance, id, headers, data, 'stage')
    await importImage(glance, id, headers)
    assert.equal((await settled(glance, id, headers))['status'], 'queued')
    await glance.running.idle()
    assert.deepEqual(await glance.files(), [])
  })

  test('staged data over the largest size is refused with 413, announced or not', async (t) => {
    const glance = await testGlance(t, { data: { sizeCap: 1000 } })
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    assert.equal(await putData(glance, id, headers, data, 'stage'), 413)
    const upload = beginUpload(await glance.listen(), id, headers, 'stage')
    upload.request.end(data)
    assert.equal((await upload.answer).status, 413)
    assert.equal((await show(glance, id, headers))['status'], 'queued')
    assert.deepEqual(await glance.files(), [])
  })

  test('a sender of staged data that goes away leaves the image queued and no file', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    const upload = beginUpload(await glance.listen(), id, headers, 'stage')
    upload.request.write(data)
    await saving(glance, id)
    upload.request.destroy()
    while ((await show(glance, id, headers))['status'] === 'uploading') await turn()
    await glance.running.idle()
    assert.deepEqual(await glance.files(), [])
  })

  test('while data is being staged it cannot be imported: 409', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    const upload = beginUpload(await glance.listen(), id, headers, 'stage')
    upload.request.write(data)
    await saving(glance, id)
    assert.equal((await importImage(glance, id, headers)).statusCode, 409)
    upload.request.end()
    assert.equal((await upload.answer).status, 204)
    assert.deepEqual(await tasksOf(glance, id, headers), [])
    assert.equal((await importImage(glance, id, headers)).statusCode, 202)
    assert.equal((await settled(glance, id, headers))['status'], 'active')
  })

  test('of imports at the same time one is taken', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    await putData(glance, id, headers, data, 'stage')
    const answers = await Promise.all([1, 2, 3].map(() => importImage(glance, id, headers)))
    assert.deepEqual(
      answers.map(({ statusCode }) => statusCode).toSorted((one, other) => one - other),
      [202, 409, 409],
    )
    await settled(glance, id, headers)
    assert.equal((await tasksOf(glance, id, headers)).length, 1)
  })

  test('an image that is deleted takes its staged data along, and its task fails', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const [staged, importing] = [await queuedImage(glance, headers), await queuedImage(glance, headers)]
    for (const id of [staged, importing]) await putData(glance, id, headers, data, 'stage')
    await importImage(glance, importing, headers)
    for (const id of [staged, importing]) {
      const url = `/v2/images/${id}`
      assert.equal((await glance.app.inject({ method: 'DELETE', url, headers })).statusCode, 204)
    }
    await glance.running.idle()
    assert.deepEqual(await readdir(glance.staging), [])
    assert.deepEqual(await glance.files(), [])
    const answer = await glance.app.inject({ url: '/v2/tasks', headers: glance.asAdmin() })
    for (const { status } of answer.json<{ tasks: { status: string }[] }>().tasks) {
      assert.notEqual(status, 'processing')
    }
  })

  test('an upload and a staging do not go together: 409', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    await putData(glance, id, headers, data, 'stage')
    assert.equal(await putData(glance, id, headers, data, 'stage'), 409)
    assert.equal(await putData(glance, id, headers, data, 'file'), 409)
  })

  test('an import needs staged data and formats: 409', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const [queued, active] = [await queuedImage(glance, headers), await queuedImage(glance, headers)]
    const bare = await queuedImage(glance, headers, { disk_format: null })
    await putData(glance, active, headers)
    assert.equal(await putData(glance, bare, headers, data, 'stage'), 204)
    for (const id of [queued, active, bare]) {
      assert.equal((await importImage(glance, id, headers)).statusCode, 409)
    }
  })

  const wrong: Record<string, unknown>[] = [
    {},
    { method: 'glance-direct' },
    { method: {} },
    { method: { name: 5 } },
    { method: { name: 'web-download', uri: 'http://x' } },
    { ...direct, all_stores: 'yes' },
    { ...direct, all_stores_must_succeed: false },
  ]
  for (const payload of wrong) {
    test(`an import refuses ${JSON.stringify(payload)} with 400`, async (t) => {
      const glance = await testGlance(t)
      const headers = glance.as()
      const id = await queuedImage(glance, headers)
      assert.equal((await importImage(glance, id, headers, payload)).statusCode, 400)
    })
  }

  test('strangers get 404, and 403 for an image that they see', async (t) => {
    const glance = await testGlance(t)
    const unseen = await queuedImage(glance, glance.as(), { visibility: 'private' })
    const seen = await queuedImage(glance, glance.asAdmin(), { visibility: 'public' })
    const stranger = glance.as({ userName: 'eve', projectName: 'other' })
    for (const [id, expected] of [
      [unseen, 404],
      [seen, 403],
    ] as const) {
      assert.equal(await putData(glance, id, stranger, data, 'stage'), expected)
      assert.equal((await importImage(glance, id, stranger)).statusCode, expected)
    }
  })
})

describe('/v2/tasks', () => {
  test('are for administrators only, page by page', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    for (let i = 0; i < 3; i++) {
      glance.clock.now += 1000
      const id = await queuedImage(glance, headers)
      await putData(glance, id, headers, data, 'stage')
      await importImage(glance, id, headers)
      await settled(glance, id, headers)
    }
    await glance.running.idle()
    const get = (who: Record<string, string>, url: string) => glance.app.inject({ url, headers: who })
    assert.equal((await get(headers, '/v2/tasks')).statusCode, 403)
    const seen: Record<string, unknown>[] = []
    for (let url: string | undefined = '/v2/tasks?limit=2&status=success'; url !== undefined;) {
      const page: { tasks: Record<string, unknown>[]; next?: string } = (
        await get(glance.asAdmin(), url)
      ).json()
      seen.push(...page.tasks)
      url = page.next
    }
    assert.deepEqual(
      seen.map((task) => task['created_at']),
      ['2026-01-02T03:04:08Z', '2026-01-02T03:04:07Z', '2026-01-02T03:04:06Z'],
    )
    const one = `/v2/tasks/${String(seen[0]?.['id'])}`
    assert.equal((await get(headers, one)).statusCode, 403)
    const task = (await get(glance.asAdmin(), one)).json<Record<string, unknown>>()
    assert.deepEqual([task['status'], task['self'], task['message']], ['success', one, ''])
    assert.equal((await get(glance.asAdmin(), '/v2/tasks/nothing')).statusCode, 404)
    for (const query of ['status=lost', 'marker=x', 'limit=-1', 'sort_dir=up', 'sort_key=x', 'type=x']) {
      assert.equal((await get(glance.asAdmin(), `/v2/tasks?${query}`)).statusCode, 400, query)
    }
    assert.equal((await glance.app.inject({ method: 'DELETE', url: one, headers })).statusCode, 405)
  })

  test('of an image are shown to its project and not to who merely sees the image', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers, { visibility: 'community' })
    await putData(glance, id, headers, data, 'stage')
    await importImage(glance, id, headers)
    await settled(glance, id, headers)
    const stranger = glance.as({ userName: 'eve', projectName: 'other' })
    assert.equal((await tasksOf(glance, id, headers)).length, 1)
    assert.equal((await tasksOf(glance, id, glance.asAdmin())).length, 1)
    assert.equal((await tasksOf(glance, id, stranger)).length, 0)
  })

  test('are forgotten some time after their end', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    await putData(glance, id, headers, data, 'stage')
    await importImage(glance, id, headers)
    await settled(glance, id, headers)
    await glance.running.idle()
    glance.clock.now += 48 * 3_600_000
    await glance.recovery.sweep()
    assert.equal((await tasksOf(glance, id, glance.as())).length, 1)
    glance.clock.now += 1
    await glance.recovery.sweep()
    assert.equal((await tasksOf(glance, id, glance.as())).length, 0)
  })
})

describe('what only services with several stores have', () => {
  for (const path of ['stores', 'stores/detail']) {
    test(`GET /v2/info/${path} answers 404`, async (t) => {
      const glance = await testGlance(t)
      const answer = await glance.app.inject({ url: `/v2/info/${path}`, headers: glance.as() })
      assert.equal(answer.statusCode, 404)
    })
  }

  test('GET /v2/info/usage has no limits to show', async (t) => {
    const glance = await testGlance(t)
    const answer = await glance.app.inject({ url: '/v2/info/usage', headers: glance.as() })
    assert.deepEqual(answer.json(), { usage: {} })
  })
})
