import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { brokenBodies, oddTexts, variants } from '@longhaul/oslo/testing'
import { testCloud, type TestCloud } from '../testing/cloud.ts'
import { routeCalls, type RouteCall } from '../testing/route-calls.ts'

let cloud: TestCloud
let admin: Record<string, string>
let names: Record<string, string>

before(async () => {
  cloud = await testCloud({ conductor: false })
  admin = cloud.as(['admin', 'member', 'reader'], 'demo')
  await cloud.report([])
  const server = { name: 'vm', imageRef: cloud.imageId, flavorRef: '42', networks: [] }
  const created = await cloud.call('POST', '/servers', { server })
  const services = await cloud.call('GET', '/os-services', undefined, cloud.in('2.53', admin))
  const [service] = services.json['services'] as [{ id: string }]
  names = {
    server_id: (created.json['server'] as { id: string }).id,
    image_id: cloud.imageId,
    volume_id: cloud.cinder.volume(),
    flavor_id: '1',
    service_id: service.id,
    request_id: 'req-none',
    tenant_id: 'id-project-demo',
    keypair_name: 'mine',
    hypervisor_id: '1',
    quota_class: 'default',
    key: 'key',
    tag: 'tag',
    network: 'public',
  }
})
after(async () => {
  await cloud.close()
})

const faults = new Set([
  'badRequest',
  'unauthorized',
  'forbidden',
  'itemNotFound',
  'badMethod',
  'conflictingRequest',
  'overLimit',
  'badMediaType',
  'notImplemented',
  'computeFault',
])

/** Sends it, and looks whether the answer is one of Nova's. @returns the status */
async function judge(
  request: { method: RouteCall['method']; path: string; payload?: unknown; type?: string },
  version: string,
): Promise<number> {
  const { method, path, payload, type = 'application/json' } = request
  const answer = await cloud.api.app.inject({
    method,
    url: `/v2.1${path}`,
    headers: {
      ...admin,
      'openstack-api-version': `compute ${version}`,
      ...(payload === undefined ? {} : { 'content-type': type }),
    },
    ...(payload === undefined
      ? {}
      : {
          payload:
            typeof payload === 'string' || Buffer.isBuffer(payload) ? payload : JSON.stringify(payload),
        }),
  })
  const about = `${method} ${path} ${JSON.stringify(payload)?.slice(0, 200)} in ${version}: ${answer.statusCode} ${answer.body.slice(0, 300)}`
  const status = answer.statusCode
  assert.ok(status < 500 || status === 501, about)
  if (status < 400) return status
  assert.match(String(answer.headers['content-type']), /^application\/json/, about)
  const json = answer.json<Record<string, { code: number; message: string }>>()
  const [[name, fault] = []] = Object.entries(json)
  assert.ok(name !== undefined && faults.has(name) && Object.keys(json).length === 1, about)
  assert.equal(fault?.code, status, about)
  assert.ok(fault.message.length > 0, about)
  return status
}

const filled = (text: string, odd: Record<string, string> = {}) =>
  text.replaceAll(/:([a-z_]+)/g, (whole, name: string) => odd[name] ?? names[name] ?? whole)
const bodyOf = ({ body }: RouteCall): unknown => body && JSON.parse(filled(JSON.stringify(body)))

/** Calls that would take away what the others need are made with odd names only. */
const lasting = routeCalls.filter(({ method }) => method !== 'DELETE')

test('odd bodies are refused or taken, never a fault of ours', async () => {
  let refused = 0
  for (const call of lasting.filter(({ method }) => method !== 'GET')) {
    const { method } = call
    const path = filled(call.path)
    for (const payload of variants(bodyOf(call))) {
      for (const version of new Set(['2.1', call.version, '2.96'])) {
        if ((await judge({ method, path, payload }, version)) >= 400) refused += 1
      }
    }
  }
  assert.ok(refused > 1000, `${refused} were refused`)
})

test('bodies that are no JSON are refused', async () => {
  for (const { method, path } of lasting.filter((call) => call.method !== 'GET')) {
    for (const payload of brokenBodies('server')) {
      assert.ok((await judge({ method, path: filled(path), payload }, '2.1')) >= 400)
    }
    const status = await judge({ method, path: filled(path), payload: 'a=b', type: 'text/plain' }, '2.1')
    assert.ok(status === 415 || status === 404 || status === 400, `${method} ${path}: ${status}`)
  }
})

test('odd names in paths are not found or refused', async () => {
  for (const call of routeCalls) {
    const { method, version } = call
    const params = [...call.path.matchAll(/:([a-z_]+)/g)].map(([, name]) => name!)
    for (const param of params) {
      for (const odd of oddTexts) {
        const payload = bodyOf(call)
        const path = filled(call.path, { [param]: odd })
        await judge({ method, path, ...(payload === undefined ? {} : { payload }) }, version)
        await judge({ method, path, ...(payload === undefined ? {} : { payload }) }, '2.96')
      }
    }
  }
})

test('odd queries are refused or ignored', async () => {
  const parameters =
    'limit marker sort_key sort_dir is_public minRam minDisk name status deleted all_tenants changes-since changes-before ' +
    'tags not-tags-any locked user_id tenant_id host flavor ip power_state created_at uuid with_servers ' +
    'hypervisor_hostname_pattern binary reserved unknown'
  // Lists, and what is shown by the name of a user.
  const lists = lasting.filter(
    ({ method, route }) => method === 'GET' && !/:(?!server_id|tenant_id)/.test(route),
  )
  let turn = 0
  for (const { method, route } of lists) {
    const base = filled(route)
    for (const parameter of parameters.split(' ')) {
      // Every text meets every parameter, in one list or another.
      const texts = [...oddTexts, '', `a&${parameter}=b`, '1970-01-01T00:00:00Z', '0000-00-00']
      for (let count = 0; count < 5; count++) {
        const odd = texts[turn % texts.length]!
        const version = ['2.1', '2.52', '2.96'][turn++ % 3]!
        await judge({ method, path: `${base}?${parameter}=${odd}` }, version)
      }
    }
  }
})

test('odd reports of hosts are refused or taken', async () => {
  const report = {
    url: 'http://127.0.0.1:1',
    protocol: 1,
    capacity: { vcpus: 8, memory_mb: 8192, disk_gb: 100 },
    guests: [],
    jobs: [],
  }
  const headers = { ...cloud.as(['nova-compute'], 'service'), 'content-type': 'application/json' }
  let refused = 0
  for (const body of [...brokenBodies('url'), ...[...variants(report)].map((one) => JSON.stringify(one))]) {
    const url = '/internal/v1/hosts/odd'
    const answer = await cloud.api.internal.inject({ method: 'PUT', url, headers, payload: body })
    assert.ok(answer.statusCode < 500, `${String(body).slice(0, 200)}: ${answer.statusCode} ${answer.body}`)
    if (answer.statusCode >= 400) refused++
  }
  assert.ok(refused > 100, `${refused} were refused`)
})

test('methods that a path does not have are told', async () => {
  for (const path of ['/servers', '/os-keypairs', '/limits', '/os-hypervisors']) {
    assert.equal(await judge({ method: 'DELETE', path }, '2.1'), 405)
  }
})
