import assert from 'node:assert/strict'
import { randomUUID } from 'node:crypto'
import { statSync } from 'node:fs'
import { join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { testCinder, type TestCinder } from '../testing/cinder.ts'

describe('volumes', () => {
  let cinder: TestCinder
  const endings: (() => Promise<void>)[] = []
  before(async () => {
    cinder = await testCinder({ after: (stop) => endings.push(stop) })
  })
  after(() => endings[0]?.())

  test('a volume is made, shown, changed and deleted', async () => {
    const { call } = cinder
    const made = await call('POST', '/volumes', {
      volume: { size: 2, name: ' first ', description: 'd', metadata: { a: 'b' } },
    })
    assert.equal(made.status, 202)
    const { id } = made.json.volume
    assert.equal(made.json.volume.status, 'creating')
    assert.equal(made.headers['openstack-api-version'], 'volume 3.0')
    const shown = await cinder.until(`/volumes/${id}`, 'available')
    assert.equal(statSync(join(cinder.directory, `volume-${id}`)).size, 2 * 2 ** 30)
    const base = 'http://localhost'
    assert.deepEqual((await call('GET', `/volumes/${id}`)).json, {
      volume: {
        id,
        name: 'first',
        links: [
          { rel: 'self', href: `${base}/v3/id-project-demo/volumes/${id}` },
          { rel: 'bookmark', href: `${base}/id-project-demo/volumes/${id}` },
        ],
        status: 'available',
        size: 2,
        availability_zone: 'nova',
        created_at: '2026-01-02T03:04:05.678000',
        updated_at: '2026-01-02T03:04:05.678000',
        description: 'd',
        volume_type: '__DEFAULT__',
        snapshot_id: null,
        source_volid: null,
        metadata: { a: 'b' },
        user_id: 'id-user-demo',
        bootable: 'false',
        encrypted: false,
        replication_status: null,
        consistencygroup_id: null,
        multiattach: false,
        attachments: [],
        'os-vol-tenant-attr:tenant_id': 'id-project-demo',
      },
    })
    assert.deepEqual(
      ['group_id', 'shared_targets', 'service_uuid', 'consumes_quota'].map((name) => shown[name]),
      [null, false, null, true],
    )
    const changed = await call('PUT', `/volumes/${id}`, { volume: { name: 'second', metadata: { c: 'd' } } })
    assert.deepEqual([changed.json.volume.name, changed.json.volume.metadata], ['second', { c: 'd' }])
    assert.equal((await call('DELETE', `/volumes/${id}`)).status, 202)
    await cinder.until(`/volumes/${id}`, 'gone')
    const gone = await call('GET', `/volumes/${id}`)
    assert.deepEqual(gone.json, { itemNotFound: { code: 404, message: `Volume ${id} could not be found.` } })
    assert.deepEqual(await cinder.files(), [])
  })

  test('administrators see more, other projects nothing', async () => {
    const id = await cinder.volume()
    const admin = (await cinder.call('GET', `/volumes/${id}`, undefined, { as: cinder.asAdmin() })).json
    assert.equal(admin['volume']['os-vol-host-attr:host'], 'storage@nbd#nbd')
    assert.equal(admin['volume'].migration_status, null)
    const other = { as: cinder.as({ projectName: 'other' }), project: 'id-project-other' }
    assert.equal((await cinder.call('GET', `/volumes/${id}`, undefined, other)).status, 404)
    assert.deepEqual((await cinder.call('GET', '/volumes', undefined, other)).json, { volumes: [] })
    const mixed = await cinder.call('GET', '/volumes', undefined, { ...other, project: 'id-project-demo' })
    assert.deepEqual(mixed.json, { badRequest: { code: 400, message: 'Malformed request url' } })
  })

  test('without a token, or with the role of a reader, nothing is made', async () => {
    const anonymous = await cinder.app.inject({ method: 'POST', url: '/v3/id-project-demo/volumes' })
    assert.equal(anonymous.statusCode, 401)
    const reader = { as: cinder.as({ roleNames: ['reader'] }) }
    const denied = await cinder.call('POST', '/volumes', { volume: { size: 1 } }, reader)
    assert.deepEqual(denied.json, {
      forbidden: { code: 403, message: "Policy doesn't allow volume:create to be performed." },
    })
    assert.equal((await cinder.call('GET', '/volumes', undefined, reader)).status, 200)
  })

  test('bodies that make no volume are refused', async () => {
    const refused: [object, RegExp, string?][] = [
      [{}, /Size is required/],
      [{ size: 0 }, /size/],
      [{ size: 'x' }, /size/],
      [{ size: 1, snapshot_id: randomUUID() }, /could not be found/],
      [{ size: 1, source_volid: 'x' }, /UUID/],
      [{ size: 1, source_volid: randomUUID(), snapshot_id: randomUUID() }, /only one of/],
      [{ size: 1, volume_type: 'none' }, /Volume type with name none could not be found/],
      [{ size: 1, availability_zone: 'moon' }, /'moon' is invalid/],
      [{ size: 1, multiattach: true }, /multiattach/],
      [{ size: 1, status: 'available' }, /status/, '3.53'],
      [{ size: 1, name: 'x'.repeat(256) }, /name/],
      [{ size: 1, metadata: { 'a*': 'b' } }, /metadata/],
    ]
    for (const [volume, message, version] of refused) {
      const answer = await cinder.call('POST', '/volumes', { volume }, version ? { version } : {})
      assert.ok([400, 404].includes(answer.status), JSON.stringify(volume))
      assert.match(JSON.stringify(answer.json), message)
    }
    const ignored = await cinder.call('POST', '/volumes', { volume: { size: 1, status: 'in-use' } })
    assert.equal(ignored.status, 202)
  })

  test('lists are filtered, sorted and come in pages', async () => {
    const as = cinder.as({ projectName: 'lists' })
    const lists = { as, project: 'id-project-lists', version: '3.70' }
    const make = async (name: string, size: number, metadata = {}) => {
      cinder.clock.now += 1000
      await cinder.call('POST', '/volumes', { volume: { name, size, metadata } }, lists)
    }
    await make('a', 3, { kind: 'x' })
    await make('b', 1, { kind: 'y' })
    await make('c_', 2)
    const names = async (query: string) => {
      const { status, json } = await cinder.call('GET', `/volumes/detail?${query}`, undefined, lists)
      if (status !== 200) return status
      return (json['volumes'] as { name: string }[]).map(({ name }) => name[0]).join('')
    }
    const expected: [string, string | number][] = [
      ['', 'cba'],
      ['sort=name:asc', 'abc'],
      ['sort=size:desc,name:asc', 'acb'],
      ['sort_key=size&sort_dir=asc', 'bca'],
      ['sort=nothing', 400],
      ['sort=name:up', 400],
      ['limit=2', 'cb'],
      ['limit=0', ''],
      ['limit=-1', 400],
      ['offset=1', 'ba'],
      ['name=b', 'b'],
      ['name~=_', 'c'],
      ['size=3', 'a'],
      [`metadata=${encodeURIComponent("{'kind': 'x'}")}`, 'a'],
      ['metadata=x', 400],
      ['bootable=false', 'cba'],
      ['bootable=true', ''],
      ['bootable=maybe', 400],
      ['created_at=lt:2026-01-02T03:04:07', 'a'],
      ['created_at=gte:2026-01-02T03:04:07,lt:2026-01-02T03:04:08', 'b'],
      ['created_at=x', 400],
      ['consumes_quota=true', 'cba'],
      ['consumes_quota=false', ''],
      ['nothing=1', 400],
      ['host=x', 400],
      ['all_tenants=1', 'cba'],
      [`marker=${randomUUID()}`, 404],
    ]
    for (const [query, found] of expected) assert.equal(await names(query), found, query)
    const page = await cinder.call('GET', '/volumes?limit=2&with_count=true', undefined, lists)
    assert.equal(page.json.count, 3)
    const [link] = page.json.volumes_links as { href: string }[]
    const rest = await cinder.app.inject({
      url: new URL(link!.href).pathname + new URL(link!.href).search,
      headers: as,
    })
    assert.deepEqual(
      rest.json<{ volumes: { name: string }[] }>().volumes.map(({ name }) => name),
      ['a'],
    )
    const older = { ...lists, version: '3.0' }
    assert.equal((await cinder.call('GET', '/volumes?nothing=1', undefined, older)).status, 200)
    const summary = await cinder.call('GET', '/volumes/summary', undefined, lists)
    assert.deepEqual(summary.json, {
      'volume-summary': { total_count: 3, total_size: 6, metadata: { kind: ['x', 'y'] } },
    })
    assert.equal((await cinder.call('GET', '/volumes/summary', undefined, older)).status, 404)
    const all = await cinder.call('GET', '/volumes?all_tenants=1&project_id=id-project-lists', undefined, {
      as: cinder.asAdmin(),
      version: '3.70',
    })
    assert.equal(all.json.volumes.length, 3)
  })

  test('a URL may do without the project from 3.67 on', async () => {
    const ask = async (version: string) => {
      const headers = { ...cinder.as(), 'openstack-api-version': `volume ${version}` }
      return (await cinder.app.inject({ url: '/v3/volumes', headers })).statusCode
    }
    assert.deepEqual([await ask('3.66'), await ask('3.67')], [404, 200])
  })

  test('the versions tell what there is', async () => {
    const root = await cinder.app.inject({ url: '/' })
    assert.equal(root.statusCode, 300)
    const [version] = root.json<{ versions: Record<string, unknown>[] }>().versions
    assert.deepEqual(
      [version!['id'], version!['status'], version!['min_version'], version!['version']],
      ['v3.0', 'CURRENT', '3.0', '3.70'],
    )
    const v3 = await cinder.app.inject({ url: '/v3/' })
    assert.equal(v3.statusCode, 200)
    const tooNew = await cinder.call('GET', '/volumes', undefined, { version: '3.99' })
    assert.equal(tooNew.status, 406)
  })
})

test('quotas limit volumes and what they hold', async (t) => {
  const cinder = await testCinder(t, {
    quota: { quota_volumes: 2, quota_gigabytes: 5, per_volume_size_limit: 4 },
  })
  const make = (size: number) => cinder.call('POST', '/volumes', { volume: { size } })
  const message = async (size: number) => (await make(size)).json.overLimit as object
  assert.deepEqual(await message(5), {
    code: 413,
    message: 'VolumeSizeExceedsLimit: Requested volume size 5G is larger than maximum allowed limit 4G.',
    retryAfter: '0',
  })
  const id = await cinder.volume({ size: 3 })
  assert.match(
    JSON.stringify(await message(3)),
    /exceeds allowed gigabytes quota. Requested 3G, quota is 5G and 3G has been consumed/,
  )
  const extended = await cinder.call('POST', `/volumes/${id}/action`, { 'os-extend': { new_size: 4 } })
  assert.equal(extended.status, 202)
  await cinder.until(`/volumes/${id}`, 'available')
  // Both at once: one of them is too much.
  const both = await Promise.all([make(1), make(1)])
  assert.deepEqual(
    both.map(({ status }) => status).toSorted((a, b) => a - b),
    [202, 413],
  )
  assert.match(
    JSON.stringify((await make(1)).json),
    /Maximum number of volumes allowed|exceeds allowed gigabytes/,
  )
  const limits = (await cinder.call('GET', '/limits')).json.limits.absolute
  assert.deepEqual(
    [
      limits.maxTotalVolumes,
      limits.totalVolumesUsed,
      limits.totalGigabytesUsed,
      limits.maxTotalVolumeGigabytes,
    ],
    [2, 2, 5, 5],
  )
})
