import assert from 'node:assert/strict'
import { after, before, describe, test } from 'node:test'
import { putData, queuedImage, testGlance, type TestGlance } from '../testing/glance.ts'

describe('GET /v2/images filters', () => {
  let glance: TestGlance
  let headers: Record<string, string>

  const endings: (() => Promise<void>)[] = []
  after(() => endings[0]?.())
  before(async () => {
    glance = await testGlance({ after: (stop) => endings.push(stop) })
    headers = glance.as({ lifetime: 100_000 })
    const make = async (name: string, attributes: Record<string, unknown> = {}) => {
      glance.clock.now += 10_000
      return await queuedImage(glance, headers, { name, ...attributes })
    }
    // Made at 03:04:15, :25, :35, :45.
    await make('a', { min_ram: 64, min_disk: 1, tags: ['x', 'y'], os_distro: 'debian' })
    await putData(glance, await make('b', { protected: true, tags: ['y'] }), headers, 'x'.repeat(100))
    await putData(
      glance,
      await make('c, and d', { container_format: 'ovf', visibility: 'private' }),
      headers,
      'x'.repeat(200),
    )
    await make('hidden', { os_hidden: true, disk_format: 'qcow2' })
  })

  const names = async (query: string): Promise<string> => {
    const answer = await glance.app.inject({ url: `/v2/images?sort=name:asc&${query}`, headers })
    assert.equal(answer.statusCode, 200, answer.body)
    return answer
      .json<{ images: { name: string }[] }>()
      .images.map(({ name }) => name[0])
      .join('')
  }

  const filters: [query: string, names: string][] = [
    ['', 'abc'],
    ['name=a', 'a'],
    ['name=eq:a', 'a'],
    ['name=in:a,b', 'ab'],
    ['name=in:a,"c, and d"', 'ac'],
    ['name=in:', ''],
    ['status=active', 'bc'],
    ['status=in:active,queued', 'abc'],
    ['status=unheard', ''],
    ['visibility=private', 'c'],
    ['visibility=shared', 'ab'],
    ['visibility=all', 'abc'],
    ['visibility=public', ''],
    ['owner=id-project-demo', 'abc'],
    ['owner=other', ''],
    ['container_format=ovf', 'c'],
    ['container_format=in:ovf,bare', 'abc'],
    ['disk_format=qcow2', ''],
    ['disk_format=raw&container_format=bare', 'ab'],
    ['os_hidden=true', 'h'],
    ['os_hidden=True', 'h'],
    ['os_hidden=false', 'abc'],
    ['os_hidden=true&disk_format=in:qcow2,raw', 'h'],
    ['protected=true', 'b'],
    ['protected=false', 'ac'],
    ['tag=y', 'ab'],
    ['tag=x&tag=y', 'a'],
    ['tag=z', ''],
    ['size=100', 'b'],
    ['size_min=100', 'bc'],
    ['size_max=100', 'b'],
    ['size_min=101&size_max=300', 'c'],
    ['virtual_size_min=200', ''],
    ['min_ram=64', 'a'],
    ['min_ram_min=1', 'a'],
    ['min_disk=0', 'bc'],
    ['min_disk_max=999999999999', 'abc'],
    ['size_min=-1', 'bc'],
    ['os_distro=debian', 'a'],
    ['os_distro=suse', ''],
    ['no_such_property=1', ''],
    ['created_at=gt:2026-01-02T03:04:25Z', 'c'],
    ['created_at=gte:2026-01-02T03:04:25Z', 'bc'],
    ['created_at=lt:2026-01-02T03:04:25Z', 'a'],
    ['created_at=lte:2026-01-02T04:04:25%2B01:00', 'ab'],
    ['created_at=2026-01-02T03:04:25Z', 'b'],
    ['created_at=neq:2026-01-02T03:04:25Z', 'ac'],
    ['updated_at=gt:2027-01-01', ''],
    ['checksum=0123', ''],
    ['member_status=pending', 'abc'],
    ['deleted=true', 'abc'],
  ]
  for (const [query, expected] of filters) {
    test(`?${query} finds '${expected}'`, async () => {
      assert.equal(await names(query), expected)
    })
  }

  test('several ids are asked for at once', async () => {
    const answer = await glance.app.inject({ url: '/v2/images', headers })
    const [newest, , oldest] = answer.json<{ images: { id: string }[] }>().images
    assert.equal(await names(`id=in:${newest?.id},${oldest?.id}`), 'ac')
  })

  for (const query of [
    'name=gt:a',
    'name=a:b',
    'name=in:"a',
    'id=like:5',
    'created_at=yesterday',
    'updated_at=about:2026-01-01',
    'size_min=much',
    'min_ram=1.5',
    'protected=True',
    'os_hidden=maybe',
    'visibility=secret',
    'member_status=maybe',
    'changes-since=2026-01-01',
    'tag=a%00',
    'sort=name:up',
    'sort=name&sort_key=name',
    'sort_key=name&sort_key=size&sort_key=id&sort_dir=asc&sort_dir=desc',
    'limit=many',
    'limit=-1',
    'marker=5f1e36c2-0e4a-4f0b-9a53-2d6a1f0c1b11',
  ]) {
    test(`?${query} is refused with 400`, async () => {
      const answer = await glance.app.inject({ url: `/v2/images?${query}`, headers })
      assert.equal(answer.statusCode, 400)
    })
  }
})

describe('GET /v2/images pages', () => {
  test('say where the first and the next begin, with the filters of the request', async (t) => {
    const glance = await testGlance(t, { limits: { defaultLimit: 2, maxLimit: 3 } })
    const headers = glance.as()
    for (const name of ['a', 'b', 'c', 'd']) await queuedImage(glance, headers, { name, tags: ['x', 'y'] })
    interface Page {
      images: { id: string; name: string }[]
      first: string
      next?: string
    }
    const page = async (url: string): Promise<Page> => (await glance.app.inject({ url, headers })).json()
    const query = 'sort_key=name&sort_dir=asc&tag=x&tag=y'
    const first = await page(`/v2/images?${query}`)
    assert.deepEqual(
      first.images.map(({ name }) => name),
      ['a', 'b'],
    )
    assert.equal(first.first, `/v2/images?${query}`)
    assert.equal(first.next, `/v2/images?${query}&marker=${first.images[1]?.id}`)
    const second = await page(first.next ?? '')
    assert.deepEqual(
      second.images.map(({ name }) => name),
      ['c', 'd'],
    )
    assert.equal(second.first, `/v2/images?${query}`)
    const third = await page(second.next ?? '')
    assert.deepEqual([third.images, third.next], [[], undefined])
    assert.equal((await page('/v2/images?limit=100')).images.length, 3)
    const none = await page('/v2/images?limit=0')
    assert.deepEqual([none.images, none.next], [[], undefined])
  })

  test('are in order by several keys, each with its direction, nothing before everything', async (t) => {
    const glance = await testGlance(t)
    const headers = glance.as()
    for (const [name, disk] of [
      ['b', 'raw'],
      ['a', 'qcow2'],
      [null, 'raw'],
      ['a', 'raw'],
    ] as const) {
      glance.clock.now += 1000
      await queuedImage(glance, headers, { name, disk_format: disk })
    }
    const order = async (query: string) => {
      const found: string[] = []
      for (let url: string | undefined = `/v2/images?limit=1&${query}`; url !== undefined;) {
        const page: { images: { name: string | null; disk_format: string }[]; next?: string } = (
          await glance.app.inject({ url, headers })
        ).json()
        found.push(...page.images.map((image) => `${image.name ?? '-'}${image.disk_format[0]}`))
        url = page.next
      }
      return found.join(' ')
    }
    assert.equal(await order(''), 'ar -r aq br')
    assert.equal(await order('sort_key=name&sort_dir=asc'), '-r aq ar br')
    assert.equal(await order('sort_key=name'), 'br ar aq -r')
    assert.equal(await order('sort_key=name&sort_dir=asc&sort_key=disk_format&sort_dir=desc'), '-r ar aq br')
    assert.equal(await order('sort=disk_format:asc,name:desc'), 'aq br ar -r')
    assert.equal(await order('sort_dir=asc'), 'br aq -r ar')
    assert.equal(await order('sort=size'), 'ar -r aq br')
  })
})

describe('who lists what', () => {
  test('community images of others only when asked for, also by an administrator', async (t) => {
    const glance = await testGlance(t)
    const eve = glance.as({ userName: 'eve', projectName: 'other' })
    for (const visibility of ['community', 'private', 'shared']) {
      await queuedImage(glance, eve, { name: visibility, visibility })
    }
    await queuedImage(glance, glance.asAdmin(), { name: 'public', visibility: 'public' })
    const names = async (who: Record<string, string>, query = '') => {
      const answer = await glance.app.inject({ url: `/v2/images?sort=name:asc${query}`, headers: who })
      return answer.json<{ images: { name: string }[] }>().images.map(({ name }) => name)
    }
    const demo = glance.as()
    assert.deepEqual(await names(demo), ['public'])
    assert.deepEqual(await names(demo, '&visibility=community'), ['community'])
    assert.deepEqual(await names(demo, '&visibility=all'), ['community', 'public'])
    assert.deepEqual(await names(demo, '&visibility=private'), [])
    assert.deepEqual(await names(eve), ['community', 'private', 'public', 'shared'])
    assert.deepEqual(await names(glance.asAdmin()), ['private', 'public', 'shared'])
    assert.deepEqual(await names(glance.asAdmin(), '&visibility=all'), [
      'community',
      'private',
      'public',
      'shared',
    ])
  })
})
