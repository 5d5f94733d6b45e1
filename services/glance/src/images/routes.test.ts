import assert from 'node:assert/strict'
import { describe, test } from 'node:test'
import { queuedImage, testGlance, type TestGlance } from '../testing/glance.ts'

type Document = Record<string, unknown> & { id: string }

interface Page {
  images: Document[]
  first: string
  next?: string
}

const patchType = 'application/openstack-images-v2.1-json-patch'

async function patch({ app }: TestGlance, headers: Record<string, string>, id: string, changes: unknown[]) {
  return await app.inject({
    method: 'PATCH',
    url: `/v2/images/${id}`,
    headers: { ...headers, 'content-type': patchType },
    payload: JSON.stringify(changes),
  })
}

describe('POST /v2/images', () => {
  test('makes a queued, shared image of the project of the token, with custom properties beside the attributes', async (t) => {
    const glance = await testGlance(t)
    const answer = await glance.app.inject({
      method: 'POST',
      url: '/v2/images',
      headers: { ...glance.as(), host: 'images.example:9292' },
      payload: {
        name: 'snap',
        disk_format: 'qcow2',
        container_format: 'bare',
        image_type: 'snapshot',
        tags: ['a', 'a'],
      },
    })
    assert.equal(answer.statusCode, 201)
    const { id, ...image } = answer.json<Document>()
    assert.equal(answer.headers['location'], `http://images.example:9292/v2/images/${id}`)
    assert.deepEqual(image, {
      name: 'snap',
      status: 'queued',
      visibility: 'shared',
      owner: 'id-project-demo',
      protected: false,
      os_hidden: false,
      container_format: 'bare',
      disk_format: 'qcow2',
      min_disk: 0,
      min_ram: 0,
      tags: ['a'],
      image_type: 'snapshot',
      size: null,
      virtual_size: null,
      checksum: null,
      os_hash_algo: null,
      os_hash_value: null,
      created_at: '2026-01-02T03:04:05Z',
      updated_at: '2026-01-02T03:04:05Z',
      self: `/v2/images/${id}`,
      file: `/v2/images/${id}/file`,
      schema: '/v2/schemas/image',
    })
    assert.match(String(answer.headers['x-openstack-request-id']), /^req-/)
  })

  test('takes the id of the client once, and never again after the image was deleted', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = '5f1e36c2-0e4a-4f0b-9a53-2d6a1f0c1b11'
    const create = () => glance.app.inject({ method: 'POST', url: '/v2/images', headers, payload: { id } })
    assert.equal((await create()).statusCode, 201)
    assert.equal((await create()).statusCode, 409)
    await glance.app.inject({ method: 'DELETE', url: `/v2/images/${id}`, headers })
    assert.equal((await create()).statusCode, 409)
  })

  const refusals: [title: string, payload: unknown, status: number][] = [
    ['a status', { status: 'active' }, 403],
    ['a checksum', { checksum: 'x' }, 403],
    ['locations', { locations: [] }, 403],
    ['a reserved name', { deleted: 'true' }, 403],
    ['the public', { visibility: 'public' }, 403],
    ['another project as owner', { owner: 'other' }, 403],
    ['an unknown disk format', { disk_format: 'floppy' }, 400],
    ['a property that is no text', { size_hint: 5 }, 400],
    ['a property of the service', { os_glance_import_task: 'x' }, 403],
    ['a kernel that is no id', { kernel_id: 'vmlinuz' }, 400],
    ['a visibility of null', { visibility: null }, 400],
    ['a property with a long name', { ['x'.repeat(256)]: 'y' }, 400],
    ['a name with NUL', { name: 'a\0b' }, 400],
    ['an id that is no UUID', { id: '../etc' }, 400],
    ['a body that is a list', [], 400],
  ]
  for (const [title, payload, status] of refusals) {
    test(`refuses a member ${title} with ${status}`, async (t) => {
      const glance = await testGlance(t)
      const headers = { ...glance.as(), 'content-type': 'application/json' }
      const request = {
        method: 'POST' as const,
        url: '/v2/images',
        headers,
        payload: JSON.stringify(payload),
      }
      const answer = await glance.app.inject(request)
      assert.equal(answer.statusCode, status, answer.body)
    })
  }

  test('lets an administrator choose owner and visibility', async (t) => {
    const glance = await testGlance(t)
    const payload = { owner: 'other', visibility: 'public' }
    const answer = await glance.app.inject({
      method: 'POST',
      url: '/v2/images',
      headers: glance.asAdmin(),
      payload,
    })
    assert.equal(answer.statusCode, 201)
    const { owner, visibility } = answer.json<Document>()
    assert.deepEqual({ owner, visibility }, payload)
  })

  test('refuses a reader with 403', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as({ roleNames: ['reader'] })
    const answer = await glance.app.inject({ method: 'POST', url: '/v2/images', headers, payload: {} })
    assert.equal(answer.statusCode, 403)
  })
})

describe('visibility', () => {
  const rows: [visibility: string, stranger: number, admin: number, listed: boolean][] = [
    ['private', 404, 200, false],
    ['shared', 404, 200, false],
    ['community', 200, 200, false],
    ['public', 200, 200, true],
  ]
  for (const [visibility, stranger, admin, listed] of rows) {
    test(`a ${visibility} image answers ${stranger} to another project and is ${listed ? '' : 'not '}in its list`, async (t) => {
      const glance = await testGlance(t)
      const id = await queuedImage(glance, glance.asAdmin(), { owner: 'id-project-demo', visibility })
      const show = async (headers: Record<string, string>) =>
        (await glance.app.inject({ url: `/v2/images/${id}`, headers })).statusCode
      const other = glance.as({ userName: 'eve', projectName: 'other' })
      assert.equal(await show(glance.as()), 200)
      assert.equal(await show(other), stranger)
      assert.equal(await show(glance.asAdmin()), admin)
      const list = await glance.app.inject({ url: '/v2/images', headers: other })
      const ids = list.json<{ images: Document[] }>().images.map((image) => image.id)
      assert.deepEqual(ids, listed ? [id] : [])
    })
  }

  test('what another project sees it may not change: 403, and 404 for what it does not see', async (t) => {
    const glance = await testGlance(t)
    const seen = await queuedImage(glance, glance.asAdmin(), { visibility: 'public' })
    const unseen = await queuedImage(glance, glance.asAdmin(), { visibility: 'private' })
    for (const [id, status] of [
      [seen, 403],
      [unseen, 404],
    ] as const) {
      const changed = await patch(glance, glance.as(), id, [{ op: 'replace', path: '/name', value: 'mine' }])
      assert.equal(changed.statusCode, status)
      const deleted = await glance.app.inject({
        method: 'DELETE',
        url: `/v2/images/${id}`,
        headers: glance.as(),
      })
      assert.equal(deleted.statusCode, status)
    }
  })
})

describe('GET /v2/images', () => {
  test('pages through the images, newest first, with links', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const made: string[] = []
    for (let i = 0; i < 5; i++) {
      glance.clock.now += 1
      made.unshift(await queuedImage(glance, headers, { name: `n${i}` }))
    }
    const seen: string[] = []
    let url: string | undefined = '/v2/images?limit=2'
    while (url !== undefined) {
      const page: Page = (await glance.app.inject({ url, headers })).json()
      assert.equal(page.first, '/v2/images?limit=2')
      seen.push(...page.images.map(({ id }) => id))
      url = page.next
    }
    assert.deepEqual(seen, made)
  })

  test('filters by name, custom property, tag and several values', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const a = await queuedImage(glance, headers, { name: 'a', tags: ['x', 'y'], os_distro: 'debian' })
    const b = await queuedImage(glance, headers, { name: 'b', tags: ['y'], os_hidden: true })
    const found = async (query: string) => {
      const answer = await glance.app.inject({ url: `/v2/images?${query}`, headers })
      return answer.json<{ images: Document[] }>().images.map(({ id }) => id)
    }
    assert.deepEqual(await found('name=a'), [a])
    assert.deepEqual(await found('name=b'), [])
    assert.deepEqual(await found('name=b&os_hidden=true'), [b])
    assert.deepEqual(await found(`id=in:${a},${b}`), [a])
    assert.deepEqual(await found('tag=x&tag=y'), [a])
    assert.deepEqual(await found('os_distro=debian'), [a])
    assert.deepEqual(await found('os_distro=suse'), [])
    assert.deepEqual(await found('status=queued&visibility=shared&owner=id-project-demo'), [a])
  })

  test('sorts by several columns and goes on after the marker', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    for (const [name, format] of [
      ['b', 'raw'],
      ['a', 'raw'],
      ['a', 'qcow2'],
    ]) {
      await queuedImage(glance, headers, { name, disk_format: format })
    }
    const names: string[] = []
    let url: string | undefined = '/v2/images?sort=name:asc,disk_format:desc&limit=1'
    while (url !== undefined) {
      const page: Page = (await glance.app.inject({ url, headers })).json()
      names.push(...page.images.map(({ name, disk_format: format }) => `${String(name)} ${String(format)}`))
      url = page.next
    }
    assert.deepEqual(names, ['a raw', 'a qcow2', 'b raw'])
  })

  for (const query of [
    'sort=colour',
    'sort_dir=up',
    'limit=-1',
    'visibility=secret',
    'marker=nobody',
    'protected=yes',
    'name=a%00b',
  ]) {
    test(`refuses ?${query} with 400`, async (t) => {
      const glance = await testGlance(t)
      const answer = await glance.app.inject({ url: `/v2/images?${query}`, headers: glance.as() })
      assert.equal(answer.statusCode, 400)
    })
  }
})

describe('PATCH /v2/images/{id}', () => {
  test('adds, replaces and removes, in order', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers, { old: '1', kept: '2' })
    glance.clock.now += 5000
    const answer = await patch(glance, headers, id, [
      { op: 'replace', path: '/name', value: 'new' },
      { op: 'add', path: '/a~1b', value: 'slash' },
      { op: 'remove', path: '/old' },
      { op: 'replace', path: '/kept', value: '3' },
      { op: 'add', path: '/tags', value: ['t'] },
    ])
    assert.equal(answer.statusCode, 200, answer.body)
    const { name, old, kept, tags, updated_at: updated, 'a/b': slash } = answer.json<Document>()
    assert.deepEqual([name, old, kept, tags, slash], ['new', undefined, '3', ['t'], 'slash'])
    assert.equal(updated, '2026-01-02T03:04:10Z')
  })

  const refusals: [change: Record<string, unknown>, status: number][] = [
    [{ op: 'replace', path: '/status', value: 'active' }, 403],
    [{ op: 'replace', path: '/id', value: 'x' }, 403],
    [{ op: 'remove', path: '/name' }, 403],
    [{ op: 'replace', path: '/owner', value: 'other' }, 403],
    [{ op: 'replace', path: '/visibility', value: 'public' }, 403],
    [{ op: 'remove', path: '/absent' }, 409],
    [{ op: 'replace', path: '/absent', value: '1' }, 409],
    [{ op: 'add', path: '/tags/-', value: 'x' }, 400],
    [{ op: 'add', path: '/name' }, 400],
    [{ op: 'replace', path: '/min_disk', value: -1 }, 400],
    [{ op: 'move', path: '/name' }, 400],
    [{ op: 'add', path: '/locations/-', value: {} }, 403],
    [{ op: 'replace', path: '/locations', value: [] }, 403],
    [{ op: 'add', path: '/os_glance_stage_host', value: 'http://x' }, 403],
    [{ op: 'add', path: '/deleted', value: 'x' }, 403],
    [{ op: 'replace', path: '/disk_format', value: 'floppy' }, 400],
  ]
  for (const [change, status] of refusals) {
    test(`refuses ${JSON.stringify(change)} with ${status} and changes nothing`, async (t) => {
      const glance = await testGlance(t)
      const headers = glance.as()
      const id = await queuedImage(glance, headers, { name: 'before' })
      const answer = await patch(glance, headers, id, [
        { op: 'replace', path: '/name', value: 'after' },
        change,
      ])
      assert.equal(answer.statusCode, status, answer.body)
      const image = (await glance.app.inject({ url: `/v2/images/${id}`, headers })).json<Document>()
      assert.equal(image['name'], 'before')
    })
  }

  test('the older form names the operation as key, and does not add what is there', async (t) => {
    const glance = await testGlance(t)
    const headers = { ...glance.as(), 'content-type': patchType.replace('v2.1', 'v2.0') }
    const id = await queuedImage(glance, glance.as(), { old: '1' })
    const change = async (changes: unknown[]) =>
      await glance.app.inject({
        method: 'PATCH',
        url: `/v2/images/${id}`,
        headers,
        payload: JSON.stringify(changes),
      })
    const answer = await change([
      { add: '/new', value: '2' },
      { replace: '/name', value: 'n' },
      { remove: '/old' },
    ])
    assert.equal(answer.statusCode, 200, answer.body)
    const { new: added, name, old } = answer.json<Document>()
    assert.deepEqual([added, name, old], ['2', 'n', undefined])
    assert.equal((await change([{ add: '/new', value: '3' }])).statusCode, 409)
    assert.equal((await change([{ add: '/x', remove: '/x', value: '3' }])).statusCode, 400)
  })

  test('no change is no write', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    glance.clock.now += 5000
    const answer = await patch(glance, headers, id, [])
    assert.equal(answer.statusCode, 200)
    assert.equal(answer.json<Document>()['updated_at'], '2026-01-02T03:04:05Z')
  })

  test('lets the project give its image to the community and an administrator to everybody', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    const eve = glance.as({ userName: 'eve', projectName: 'other' })
    const seen = async () => (await glance.app.inject({ url: `/v2/images/${id}`, headers: eve })).statusCode
    const to = (value: string) => [{ op: 'replace', path: '/visibility', value }]
    assert.equal(await seen(), 404)
    assert.equal((await patch(glance, headers, id, to('community'))).statusCode, 200)
    assert.equal(await seen(), 200)
    assert.equal((await patch(glance, headers, id, to('public'))).statusCode, 403)
    assert.equal((await patch(glance, glance.asAdmin(), id, to('public'))).statusCode, 200)
    assert.equal((await patch(glance, headers, id, to('private'))).statusCode, 200)
    assert.equal(await seen(), 404)
  })

  test('lets an administrator give an image to another project', async (t) => {
    const glance = await testGlance(t)
    const id = await queuedImage(glance, glance.as())
    const change = [{ op: 'replace', path: '/owner', value: 'id-project-other' }]
    assert.equal((await patch(glance, glance.asAdmin(), id, change)).statusCode, 200)
    const seen = await glance.app.inject({ url: `/v2/images/${id}`, headers: glance.as() })
    assert.equal(seen.statusCode, 404)
  })

  test('refuses plain JSON with 415 and says what is wanted', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    const answer = await glance.app.inject({ method: 'PATCH', url: `/v2/images/${id}`, headers, payload: [] })
    assert.equal(answer.statusCode, 415)
    assert.equal(answer.headers['accept-patch'], `${patchType.replace('v2.1', 'v2.0')}, ${patchType}`)
  })

  test('of changes at the same time none is lost', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    const names = ['p1', 'p2', 'p3']
    await Promise.all(
      names.map((name) => patch(glance, headers, id, [{ op: 'add', path: `/${name}`, value: name }])),
    )
    const image = (await glance.app.inject({ url: `/v2/images/${id}`, headers })).json<Document>()
    assert.deepEqual(
      names.map((name) => image[name]),
      names,
    )
  })
})

describe('PUT and DELETE /v2/images/{id}/tags/{tag}', () => {
  test('set and take away one tag', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers, { tags: ['a'] })
    const tag = async (method: 'PUT' | 'DELETE', name: string) =>
      (await glance.app.inject({ method, url: `/v2/images/${id}/tags/${name}`, headers })).statusCode
    assert.equal(await tag('PUT', 'b'), 204)
    assert.equal(await tag('PUT', 'b'), 204)
    assert.equal(await tag('DELETE', 'a'), 204)
    assert.equal(await tag('DELETE', 'a'), 404)
    const image = await glance.app.inject({ url: `/v2/images/${id}`, headers })
    assert.deepEqual(image.json<Document>()['tags'], ['b'])
  })
})

describe('DELETE and actions', () => {
  test('a deleted image is gone for everybody', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    const url = `/v2/images/${id}`
    assert.equal((await glance.app.inject({ method: 'DELETE', url, headers })).statusCode, 204)
    assert.equal((await glance.app.inject({ url, headers })).statusCode, 404)
    assert.equal((await glance.app.inject({ url, headers: glance.asAdmin() })).statusCode, 404)
    assert.equal((await glance.app.inject({ method: 'DELETE', url, headers })).statusCode, 404)
  })

  test('a protected image stays', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers, { protected: true })
    const answer = await glance.app.inject({ method: 'DELETE', url: `/v2/images/${id}`, headers })
    assert.equal(answer.statusCode, 403)
    assert.equal((await glance.app.inject({ url: `/v2/images/${id}`, headers })).statusCode, 200)
  })

  test('an image without data cannot be deactivated', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    const id = await queuedImage(glance, headers)
    const answer = await glance.app.inject({
      method: 'POST',
      url: `/v2/images/${id}/actions/deactivate`,
      headers,
    })
    assert.equal(answer.statusCode, 403)
  })
})
