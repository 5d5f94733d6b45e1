import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testCloud, type TestCloud } from '../testing/cloud.ts'
import type { Version } from '../microversions.ts'

let cloud: TestCloud
let admin: Record<string, string>
let serverId: string

const facts = {
  type: 'QEMU',
  version: 7002001,
  cpu_info: { arch: 'x86_64', topology: { cores: 2 } },
  uptime: ' 10:00:00 up 1 day,  2 users,  load average: 0.1, 0.2, 0.3',
}

before(async () => {
  cloud = await testCloud()
  admin = cloud.as(['admin'], 'admin')
  await cloud.report([])
  serverId = await cloud.activeServer()
  const headers = cloud.as(['nova-compute'], 'service')
  for (const [host, more] of [
    ['compute1', { guests: [{ id: serverId, power_state: 'shutdown' }] }],
    ['spare', { hypervisor: facts }],
  ] as const) {
    const payload = {
      url: cloud.agent.url,
      protocol: 1,
      capacity: { vcpus: 8, memory_mb: 8192, disk_gb: 100 },
      guests: [],
      ...more,
    }
    const url = `/internal/v1/hosts/${host}`
    const answer = await cloud.api.internal.inject({ method: 'PUT', url, headers, payload })
    assert.equal(answer.statusCode, 200)
  }
})
after(async () => {
  await cloud.close()
})

type Hypervisor = Record<string, unknown> & { id: string | number; hypervisor_hostname: string }

const get = (path: string, version: Version = '2.1') =>
  cloud.call('GET', `/os-hypervisors${path}`, undefined, cloud.in(version, admin))
const list = async (path: string, version: Version = '2.1') =>
  (await get(path, version)).json['hypervisors'] as Hypervisor[]
const message = (answer: { json: Record<string, unknown> }) =>
  (Object.values(answer.json)[0] as { message: string }).message

test('hypervisors are listed by number, and from 2.53 on by UUID', async () => {
  const [first, second] = await list('')
  assert.deepEqual(first, {
    id: first!.id,
    hypervisor_hostname: 'compute1',
    state: 'up',
    status: 'enabled',
  })
  assert.equal(typeof first?.id, 'number')
  assert.equal(second!.hypervisor_hostname, 'spare')
  assert.match(String((await list('', '2.53'))[0]!.id), /^[0-9a-f-]{36}$/)
})

test('details tell what a host has and what its servers take, up to 2.87', async () => {
  const [one, spare] = await list('/detail')
  const { service, ...rest } = one!
  assert.deepEqual(rest, {
    id: one!.id,
    hypervisor_hostname: 'compute1',
    state: 'up',
    status: 'enabled',
    hypervisor_type: 'QEMU',
    hypervisor_version: 0,
    host_ip: '127.0.0.1',
    vcpus: 8,
    memory_mb: 8192,
    local_gb: 100,
    vcpus_used: 1,
    memory_mb_used: 128,
    local_gb_used: 0,
    free_ram_mb: 8064,
    free_disk_gb: 100,
    current_workload: 0,
    running_vms: 1,
    disk_available_least: 100,
    cpu_info: '{}',
  })
  assert.deepEqual(Object.keys(service as object), ['id', 'host', 'disabled_reason'])
  assert.deepEqual(
    [spare!['hypervisor_version'], spare!['cpu_info']],
    [facts.version, JSON.stringify(facts.cpu_info)],
  )
  assert.deepEqual((await list('/detail', '2.28'))[1]!['cpu_info'], facts.cpu_info)
  const later = (await list('/detail', '2.88'))[1]!
  assert.deepEqual([later['uptime'], 'vcpus' in later, 'cpu_info' in later], [facts.uptime, false, false])
  assert.equal((await list('/detail', '2.88'))[0]!['uptime'], null, 'a host that does not say')
})

test('one is shown by the id of the version, and nothing by the other', async () => {
  const [{ id }] = (await list('')) as [Hypervisor]
  const [{ id: uuid }] = (await list('', '2.53')) as [Hypervisor]
  assert.equal((await get(`/${id}`)).status, 200)
  assert.equal((await get(`/${uuid}`, '2.53')).status, 200)
  const missing = await get(`/${uuid}`)
  assert.deepEqual(
    [missing.status, message(missing)],
    [404, `Hypervisor with ID '${uuid}' could not be found.`],
  )
  const wrong = await get(`/${id}`, '2.53')
  assert.deepEqual([wrong.status, message(wrong)], [400, `Invalid uuid ${id}`])
  assert.equal((await get('/99999999999999999999')).status, 404)
})

test('pages come with 2.33, by the id of the version', async () => {
  assert.equal((await list('?limit=1', '2.32')).length, 2)
  for (const version of ['2.33', '2.53'] as const) {
    const first = await get('?limit=1', version)
    const [{ href }] = first.json['hypervisors_links'] as [{ href: string }]
    const second = await get(href.replace(/.*os-hypervisors/, ''), version)
    const [one] = second.json['hypervisors'] as Hypervisor[]
    assert.equal(one!.hypervisor_hostname, 'spare', version)
    const missing = await get('?marker=4711', version)
    assert.deepEqual([missing.status, message(missing)], [400, 'marker [4711] not found'])
  }
})

test('up to 2.52 hypervisors and their servers are searched by a path', async () => {
  assert.deepEqual(
    (await list('/pute/search')).map((one) => one.hypervisor_hostname),
    ['compute1'],
  )
  const [found, spare] = [(await list('/compute1/servers'))[0], (await list('/spare/servers'))[0]]
  assert.deepEqual(found!['servers'], [{ name: 'vm', uuid: serverId }])
  assert.ok(!('servers' in spare!))
  const missing = await get('/none/search')
  assert.deepEqual([missing.status, message(missing)], [404, "No hypervisor matching 'none' could be found."])
  assert.equal((await get('/compute1/search', '2.53')).status, 404)
  assert.equal((await get('/compute1/servers', '2.53')).status, 404)
})

test('from 2.53 on they are searched by a query, with their servers if asked for', async () => {
  const found = await list('?hypervisor_hostname_pattern=compute&with_servers=True', '2.53')
  assert.deepEqual(found[0]!['servers'], [{ name: 'vm', uuid: serverId }])
  const [spare] = await list('?hypervisor_hostname_pattern=spare&with_servers=1', '2.74')
  assert.ok(!('servers' in spare!))
  const [later] = await list('?hypervisor_hostname_pattern=spare&with_servers=1', '2.75')
  assert.deepEqual(later!['servers'], [])
  const shown = await get(`/${found[0]!.id}?with_servers=true`, '2.53')
  assert.deepEqual((shown.json['hypervisor'] as Hypervisor)['servers'], [{ name: 'vm', uuid: serverId }])
  for (const query of [
    '?hypervisor_hostname_pattern=compute&limit=1',
    '?unknown=1',
    '?with_servers=perhaps',
    '?limit=1&limit=2',
  ]) {
    assert.equal((await get(query, '2.53')).status, 400, query)
  }
  assert.equal((await get('?hypervisor_hostname_pattern=none', '2.53')).status, 404)
})

test('uptime and sums over all are told up to 2.87', async () => {
  const [one, spare] = await list('')
  const told = await get(`/${spare!.id}/uptime`)
  assert.deepEqual((told.json['hypervisor'] as Hypervisor)['uptime'], facts.uptime)
  assert.equal((await get(`/${one!.id}/uptime`)).status, 501, 'a host that does not say')
  const sums = (await get('/statistics')).json['hypervisor_statistics'] as Record<string, number>
  assert.deepEqual(
    [sums['count'], sums['vcpus'], sums['vcpus_used'], sums['memory_mb'], sums['running_vms']],
    [2, 16, 1, 16_384, 1],
  )
  const put = (verb: 'disable' | 'enable') =>
    cloud.call('PUT', `/os-services/${verb}`, { host: 'spare', binary: 'nova-compute' }, admin)
  await put('disable')
  const inUse = (await get('/statistics')).json['hypervisor_statistics'] as Record<string, number>
  assert.deepEqual([inUse['count'], inUse['vcpus']], [1, 8])
  await put('enable')
  assert.equal((await get('/statistics', '2.88')).status, 404)
  const [{ id: uuid }] = (await list('', '2.88')) as [Hypervisor]
  assert.equal((await get(`/${uuid}/uptime`, '2.88')).status, 404)
})

test('there are no aggregates, which administrators may see', async () => {
  const answer = await cloud.call('GET', '/os-aggregates', undefined, admin)
  assert.deepEqual([answer.status, answer.json], [200, { aggregates: [] }])
})
