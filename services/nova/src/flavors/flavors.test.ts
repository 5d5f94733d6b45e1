import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testCloud, type TestCloud } from '../testing/cloud.ts'

let cloud: TestCloud
let admin: Record<string, string>
let count = 0

before(async () => {
  cloud = await testCloud({ conductor: false })
  admin = cloud.as(['admin'], 'admin')
})
after(async () => {
  await cloud.close()
})

type Flavor = Record<string, unknown> & { id: string }

async function make(more: object = {}, headers = admin): Promise<Flavor> {
  const flavor = { name: `made-${++count}`, ram: 64, vcpus: 1, disk: 1, ...more }
  const answer = await cloud.call('POST', '/flavors', { flavor }, headers)
  assert.equal(answer.status, 200, JSON.stringify(answer.json))
  return answer.json['flavor'] as Flavor
}
const ids = async (query: string, headers?: Record<string, string>) => {
  const answer = await cloud.call('GET', `/flavors${query}`, undefined, headers)
  return (answer.json['flavors'] as Flavor[]).map(({ id }) => id)
}
const message = (answer: { json: Record<string, unknown> }) =>
  (Object.values(answer.json)[0] as { message: string }).message

test('a flavor keeps all that it was made with', async () => {
  const made = await make({
    id: 'all',
    swap: '512',
    'OS-FLV-EXT-DATA:ephemeral': 3,
    rxtx_factor: '1.5',
    'os-flavor-access:is_public': 'False',
  })
  const { links, ...rest } = made
  assert.deepEqual(rest, {
    id: 'all',
    name: `made-${count}`,
    ram: 64,
    vcpus: 1,
    disk: 1,
    swap: 512,
    'OS-FLV-EXT-DATA:ephemeral': 3,
    'OS-FLV-DISABLED:disabled': false,
    rxtx_factor: 1.5,
    'os-flavor-access:is_public': false,
  })
  assert.deepEqual(
    (links as { rel: string; href: string }[]).map(({ rel, href }) => `${rel} ${new URL(href).pathname}`),
    ['self /v2.1/flavors/all', 'bookmark /flavors/all'],
  )
  assert.deepEqual((await cloud.call('GET', '/flavors/all', undefined, admin)).json['flavor'], made)
})

test('no swap is an empty text, and 0 from 2.75 on', async () => {
  const { id } = await make()
  const swap = async (version: '2.74' | '2.75') => {
    const answer = await cloud.call('GET', `/flavors/${id}`, undefined, cloud.in(version))
    return (answer.json['flavor'] as Flavor)['swap']
  }
  assert.deepEqual([await swap('2.74'), await swap('2.75')], ['', 0])
})

test('an id or a name that is taken is a conflict which says which', async () => {
  const { id, name } = await make()
  const again = (flavor: object) =>
    cloud.call('POST', '/flavors', { flavor: { ram: 1, vcpus: 1, disk: 0, ...flavor } }, admin)
  const byId = await again({ id, name: 'another' })
  assert.deepEqual([byId.status, message(byId)], [409, `Flavor with ID ${id} already exists.`])
  const byName = await again({ name })
  assert.deepEqual(
    [byName.status, message(byName)],
    [409, `Flavor with name ${String(name)} already exists.`],
  )
})

test('descriptions come with 2.55: made, shown in both lists, changed and removed', async () => {
  const at = cloud.in('2.55', admin)
  const flavor = { name: 'described', ram: 1, vcpus: 1, disk: 0, description: 'first' }
  assert.equal((await cloud.call('POST', '/flavors', { flavor }, admin)).status, 400)
  const { id, description } = await make({ description: 'first' }, at)
  assert.equal(description, 'first')
  const change = (text: unknown, headers = at) =>
    cloud.call('PUT', `/flavors/${id}`, { flavor: { description: text } }, headers)
  assert.equal(((await change('second')).json['flavor'] as Flavor)['description'], 'second')
  const listed = (await cloud.call('GET', '/flavors', undefined, at)).json['flavors'] as Flavor[]
  assert.equal(listed.find((one) => one.id === id)?.['description'], 'second')
  assert.equal(((await change(null)).json['flavor'] as Flavor)['description'], null)
  assert.equal((await change('x', cloud.in('2.54', admin))).status, 404)
  assert.equal((await change('x', cloud.in('2.55'))).status, 403)
  assert.equal((await cloud.call('PUT', '/flavors/none', { flavor: { description: '' } }, at)).status, 404)
})

test('lists are filtered by memory and disk, sorted by what is asked for, and have pages', async () => {
  assert.deepEqual(await ids('?minRam=8192'), ['4', '5'])
  assert.deepEqual(await ids('?minDisk=80&sort_key=memory_mb&sort_dir=desc'), ['5', '4'])
  const answer = await cloud.call('GET', '/flavors/detail?minRam=512&sort_key=ram')
  assert.equal(answer.status, 400, 'a key that is none')
  for (const query of ['?minRam=much', '?marker=none-such', '?limit=-1', '?sort_dir=up']) {
    assert.equal((await cloud.call('GET', `/flavors${query}`)).status, 400, query)
  }
  const seen: string[] = []
  let path: string | undefined = '/flavors?minRam=512&sort_key=description&limit=2'
  while (path) {
    const page = await cloud.call('GET', path)
    seen.push(...(page.json['flavors'] as Flavor[]).map(({ id }) => id))
    const [link] = (page.json['flavors_links'] ?? []) as { href: string }[]
    path = link?.href.replace(/.*\/v2\.1/, '')
  }
  assert.deepEqual(seen, ['1', '2', '3', '4', '5'], 'equal keys are in order of their ids')
  assert.deepEqual(await ids('?limit=0'), [])
})

test('unknown parameters are ignored up to 2.74 and refused from 2.75 on', async () => {
  const ask = async (version: '2.74' | '2.75') =>
    (await cloud.call('GET', '/flavors?colour=red', undefined, cloud.in(version))).status
  assert.deepEqual([await ask('2.74'), await ask('2.75')], [200, 400])
})

test('flavors that are not public are listed for administrators who ask, and for projects with access', async () => {
  const { id } = await make({ 'os-flavor-access:is_public': false })
  const list = (query: string, headers?: Record<string, string>) => ids(query, headers)
  assert.ok(!(await list('')).includes(id))
  assert.ok(!(await list('?is_public=None')).includes(id), 'not for others')
  assert.ok(!(await list('', admin)).includes(id))
  assert.ok((await list('?is_public=None', admin)).includes(id))
  assert.ok((await list('?is_public=false', admin)).includes(id))
  assert.equal((await cloud.call('GET', '/flavors?is_public=perhaps', undefined, admin)).status, 400)

  const act = (action: object, headers = admin) =>
    cloud.call('POST', `/flavors/${id}/action`, action, headers)
  const tenant = 'id-project-demo'
  const access = { flavor_access: [{ flavor_id: id, tenant_id: tenant }] }
  assert.deepEqual((await act({ addTenantAccess: { tenant } })).json, access)
  assert.equal((await act({ addTenantAccess: { tenant } })).status, 409)
  assert.deepEqual(
    (await cloud.call('GET', `/flavors/${id}/os-flavor-access`, undefined, admin)).json,
    access,
  )
  assert.ok((await list('')).includes(id))
  assert.equal((await cloud.call('GET', `/flavors/${id}`)).status, 200)
  assert.deepEqual((await act({ removeTenantAccess: { tenant } })).json, { flavor_access: [] })
  assert.equal((await act({ removeTenantAccess: { tenant } })).status, 404)
  assert.equal((await cloud.call('GET', `/flavors/${id}`)).status, 404)
  assert.equal((await act({ openToAll: {} })).status, 400)
})

test('a project that does not exist gets no access; a public flavor has no list and from 2.7 on takes none', async () => {
  cloud.identity.missing.add('gone')
  const { id } = await make()
  const add = (tenant: string, headers = admin) =>
    cloud.call('POST', `/flavors/${id}/action`, { addTenantAccess: { tenant } }, headers)
  const refused = await add('gone')
  assert.deepEqual([refused.status, message(refused)], [400, 'Project ID gone is not a valid project.'])
  assert.equal((await add('p', cloud.in('2.7', admin))).status, 409)
  assert.equal((await add('p', cloud.in('2.6', admin))).status, 200)
  assert.equal((await cloud.call('GET', `/flavors/${id}/os-flavor-access`, undefined, admin)).status, 404)
})

test('extra specs are made, read, changed and removed one by one', async () => {
  const { id } = await make()
  const path = `/flavors/${id}/os-extra_specs`
  const specs = { 'hw:cpu_policy': 'shared', free: 7 }
  const made = await cloud.call('POST', path, { extra_specs: specs }, admin)
  assert.deepEqual([made.status, made.json], [200, { extra_specs: { ...specs, free: '7' } }])
  assert.deepEqual((await cloud.call('GET', path)).json, { extra_specs: { ...specs, free: '7' } })
  assert.deepEqual((await cloud.call('GET', `${path}/free`)).json, { free: '7' })
  assert.deepEqual((await cloud.call('PUT', `${path}/free`, { free: '8' }, admin)).json, { free: '8' })
  assert.equal((await cloud.call('PUT', `${path}/free`, { other: '8' }, admin)).status, 400)
  assert.equal((await cloud.call('PUT', `${path}/free`, { free: '8', other: '9' }, admin)).status, 400)
  assert.equal((await cloud.call('DELETE', `${path}/free`, undefined, admin)).status, 200)
  const missing = await cloud.call('DELETE', `${path}/free`, undefined, admin)
  assert.deepEqual(
    [missing.status, message(missing)],
    [404, `Flavor ${id} has no extra specs with key free.`],
  )
  assert.equal((await cloud.call('GET', `${path}/free`)).status, 404)
  assert.equal((await cloud.call('GET', '/flavors/none/os-extra_specs')).status, 404)
  assert.equal((await cloud.call('POST', path, { extra_specs: { 'a/b': 'c' } }, admin)).status, 400)
})

test('flavors show extra specs from 2.61 on, to those who may list them', async () => {
  const { id } = await make()
  await cloud.call('POST', `/flavors/${id}/os-extra_specs`, { extra_specs: { a: 'b' } }, admin)
  const shown = async (headers: Record<string, string>) => {
    const answer = await cloud.call('GET', `/flavors/${id}`, undefined, headers)
    return (answer.json['flavor'] as Flavor)['extra_specs']
  }
  assert.equal(await shown(cloud.in('2.60')), undefined)
  assert.deepEqual(await shown(cloud.in('2.61')), { a: 'b' })
  assert.equal(await shown(cloud.in('2.61', cloud.as([]))), undefined)
  assert.deepEqual((await make({}, cloud.in('2.61', admin)))['extra_specs'], {})
})

test('extra specs of known name spaces are checked from 2.86 on', async () => {
  const { id } = await make()
  const status = async (specs: object, version: '2.85' | '2.86') => {
    const path = `/flavors/${id}/os-extra_specs`
    return (await cloud.call('POST', path, { extra_specs: specs }, cloud.in(version, admin))).status
  }
  const wrong = { 'hw:cpu_policy': 'sharde' }
  assert.deepEqual([await status(wrong, '2.85'), await status(wrong, '2.86')], [200, 400])
  for (const [specs, expected] of [
    [{ 'hw:numa_nodes': '0' }, 400],
    [{ 'hw:numa_nodes': 2 }, 200],
    [{ 'hw:no_such': '1' }, 400],
    [{ 'hw:numa_mem.1': '512' }, 200],
    [{ 'resources:VGPU': '1' }, 200],
    [{ 'traits:CUSTOM_X': 'required' }, 200],
    [{ 'trait:CUSTOM_X': 'perhaps' }, 400],
    [{ 'acme:anything': 'goes', plain: 'too' }, 200],
  ] as const) {
    assert.equal(await status(specs, '2.86'), expected, JSON.stringify(specs))
  }
})
