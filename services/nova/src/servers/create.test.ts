import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { testCloud, type TestCloud } from '../testing/cloud.ts'
import type { Version } from '../microversions.ts'

let cloud: TestCloud
let admin: Record<string, string>

before(async () => {
  cloud = await testCloud()
  admin = cloud.as(['admin', 'member', 'reader'], 'admin')
  await cloud.report([])
})
after(async () => {
  await cloud.close()
})

type Server = Record<string, unknown> & { id: string }

const body = (more: object = {}) => ({
  name: 'vm',
  imageRef: cloud.imageId,
  flavorRef: '42',
  networks: [],
  ...more,
})
const create = (more: object = {}, headers?: Record<string, string>) =>
  cloud.call('POST', '/servers', { server: body(more) }, headers)
async function made(more: object, headers?: Record<string, string>): Promise<Server> {
  const answer = await create(more, headers)
  assert.equal(answer.status, 202, JSON.stringify(answer.json))
  return answer.json['server'] as Server
}
const show = async (id: string, version: Version, headers?: Record<string, string>) =>
  (await cloud.call('GET', `/servers/${id}`, undefined, cloud.in(version, headers))).json['server'] as Server
const message = (answer: { json: Record<string, unknown> }) =>
  (Object.values(answer.json)[0] as { message: string }).message

test('the answer names the server, where it is, and what was decided for it', async () => {
  const answer = await create({ 'OS-DCF:diskConfig': 'AUTO' })
  const { id, links, ...rest } = answer.json['server'] as Server
  assert.deepEqual(rest, { 'OS-DCF:diskConfig': 'AUTO', security_groups: [{ name: 'default' }] })
  assert.match(String(answer.headers['location']), new RegExp(`/v2\\.1/servers/${id}$`))
  assert.equal((links as { href: string }[])[0]!.href, answer.headers['location'])
})

test('several servers of one request have names with numbers, and a reservation in common', async () => {
  const headers = cloud.as(['member', 'reader'], 'several')
  const answer = await create(
    { name: 'web', min_count: 2, max_count: '3', return_reservation_id: true },
    headers,
  )
  const { reservation_id: reservation } = answer.json as { reservation_id: string }
  assert.match(reservation, /^r-[0-9a-z]{8}$/)
  const listed = await cloud.call(
    'GET',
    `/servers/detail?reservation_id=${reservation}&all_tenants=1`,
    undefined,
    cloud.in('2.3', admin),
  )
  const servers = (listed.json['servers'] as Server[]).toSorted((a, b) =>
    String(a['name']).localeCompare(String(b['name'])),
  )
  assert.deepEqual(
    servers.map((one) => [one['name'], one['OS-EXT-SRV-ATTR:hostname'], one['OS-EXT-SRV-ATTR:launch_index']]),
    [
      ['web-1', 'web-1', 0],
      ['web-2', 'web-2', 1],
      ['web-3', 'web-3', 2],
    ],
  )
  assert.deepEqual((await create({ min_count: 2, max_count: 1 })).status, 400)
})

test('what is asked for is kept and shown', async () => {
  const at = cloud.in('2.90')
  const wanted = {
    networks: 'none',
    description: 'a machine',
    tags: ['blue', 'green', 'blue'],
    hostname: 'named',
    accessIPv4: '192.0.2.1',
    accessIPv6: '2001:db8::1',
    user_data: 'IyE=',
    metadata: { role: 'web' },
    availability_zone: 'nova',
  }
  const { id } = await made(wanted, at)
  const shown = await show(id, '2.96', admin)
  assert.deepEqual(
    {
      description: shown['description'],
      tags: shown['tags'],
      hostname: shown['OS-EXT-SRV-ATTR:hostname'],
      accessIPv4: shown['accessIPv4'],
      accessIPv6: shown['accessIPv6'],
      user_data: shown['OS-EXT-SRV-ATTR:user_data'],
      metadata: shown['metadata'],
      availability_zone: shown['pinned_availability_zone'],
    },
    {
      description: 'a machine',
      tags: ['blue', 'green'],
      hostname: 'named',
      accessIPv4: '192.0.2.1',
      accessIPv6: '2001:db8::1',
      user_data: 'IyE=',
      metadata: { role: 'web' },
      availability_zone: 'nova',
    },
  )
  assert.ok(!('OS-EXT-SRV-ATTR:user_data' in (await show(id, '2.96'))), 'for administrators')
})

test('a key pair must be one of the user’s own', async () => {
  const alice = cloud.as(['member', 'reader'], 'demo', { userName: 'alice' })
  const publicKey = 'ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIBFxvqd4xzVJZCAgsQCVgDgh04AcWEb1olD+UL0ZC1+z'
  const keypair = { name: 'mine', public_key: publicKey }
  assert.equal((await cloud.call('POST', '/os-keypairs', { keypair }, alice)).status, 200)
  const { id } = await made({ key_name: 'mine' }, alice)
  assert.equal((await show(id, '2.1'))['key_name'], 'mine')
  const refused = await create({ key_name: 'mine' })
  assert.deepEqual([refused.status, message(refused)], [400, 'Invalid key_name provided.'])
})

test('a host is named by administrators only, by the zone or from 2.74 on by its own key', async () => {
  const headers = cloud.as(['nova-compute'], 'service')
  const payload = {
    url: cloud.agent.url,
    protocol: 1,
    // With the most free memory a server would always go there.
    capacity: { vcpus: 8, memory_mb: 999_999, disk_gb: 100 },
    guests: [],
  }
  await cloud.api.internal.inject({ method: 'PUT', url: '/internal/v1/hosts/spare', headers, payload })
  const zone = { availability_zone: 'nova:compute1' }
  assert.equal((await create(zone)).status, 403)
  const at = cloud.in('2.74', admin)
  const direct = { host: 'compute1', networks: 'none' }
  assert.equal((await create(direct, cloud.in('2.74'))).status, 403)
  for (const [more, as] of [
    [zone, admin],
    [{ availability_zone: 'nova::compute1' }, admin],
    [{ availability_zone: 'nova:compute1:compute1' }, admin],
    [direct, at],
    [{ hypervisor_hostname: 'compute1', networks: 'none' }, at],
  ] as const) {
    const { id } = await made(more, as)
    await cloud.eventually(async () => (await show(id, '2.1', admin))['status'] === 'ACTIVE')
    assert.equal((await show(id, '2.1', admin))['OS-EXT-SRV-ATTR:host'], 'compute1', JSON.stringify(more))
  }
  const { id } = await made({})
  await cloud.serverIs(id, (server) => server['status'] === 'ACTIVE')
  assert.equal((await show(id, '2.1', admin))['OS-EXT-SRV-ATTR:host'], 'spare')
  for (const [more, text] of [
    [{ host: 'none' }, 'Compute host none could not be found.'],
    [{ host: 'compute1', hypervisor_hostname: 'spare' }, /could not be found/],
    [{ host: 'compute1', availability_zone: 'nova:spare' }, /mutually exclusive/],
  ] as const) {
    const refused = await create({ networks: 'none', ...more }, at)
    assert.equal(refused.status, 400)
    assert.match(message(refused), typeof text === 'string' ? new RegExp(text) : text)
  }
})

test('a forced host that is not there leaves a server in error', async () => {
  const { id } = await made({ availability_zone: 'nova:nowhere' }, admin)
  await cloud.eventually(async () => (await show(id, '2.1', admin))['status'] === 'ERROR')
})

test('what does not exist or fit is told', async () => {
  await cloud.call(
    'POST',
    '/flavors',
    { flavor: { id: 'swapping', name: 'swapping', ram: 64, vcpus: 1, disk: 0, swap: 1 } },
    admin,
  )
  await cloud.call(
    'POST',
    '/flavors',
    {
      flavor: {
        id: 'hidden',
        name: 'hidden',
        ram: 64,
        vcpus: 1,
        disk: 0,
        'os-flavor-access:is_public': false,
      },
    },
    admin,
  )
  for (const [more, text] of [
    [{ availability_zone: 'elsewhere' }, /availability zone is not available/],
    [{ availability_zone: 'a:b:c:d' }, /Unable to parse availability_zone/],
    [{ imageRef: '' }, /Invalid imageRef/],
    [{ flavorRef: 'hidden' }, /Flavor hidden could not be found/],
    [{ flavorRef: 'swapping' }, /swap/],
    [{ user_data: 'no base 64!' }, /user_data/],
  ] as const) {
    const refused = await create(more)
    assert.equal(refused.status, 400, JSON.stringify(more))
    assert.match(message(refused), text)
  }
  const twice = await create({ hostname: 'one', max_count: 2, networks: 'none' }, cloud.in('2.90'))
  assert.equal(message(twice), 'Unable to allocate a single hostname to multiple instances')
})

test('a hostname follows from the name', async () => {
  for (const [name, hostname] of [
    ['My Web_Server.1', 'my-web-server-1'],
    ['日本', undefined],
  ] as const) {
    const { id } = await made({ name })
    assert.equal((await show(id, '2.90'))['OS-EXT-SRV-ATTR:hostname'], hostname ?? `Server-${id}`)
  }
})
