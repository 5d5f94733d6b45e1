import assert from 'node:assert/strict'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, test } from 'node:test'
import { routesOf, shapeOf } from '@longhaul/oslo/testing'
import { testCloud, type TestCloud } from '../testing/cloud.ts'
import { routeCalls, type RouteCall } from '../testing/route-calls.ts'
import { rules } from './policy.ts'

const directory = mkdtempSync(join(tmpdir(), 'nova-policy-'))
const policyFile = join(directory, 'policy.yaml')

let cloud: TestCloud
/** An administrator who is in the project as well. */
let admin: Record<string, string>
let names: Record<string, string>

before(async () => {
  writeFileSync(policyFile, '{}')
  cloud = await testCloud({ policyFile })
  admin = cloud.as(['admin', 'member', 'reader'], 'demo')
  await cloud.report([])
  const id = await cloud.activeServer()
  const flavor = { id: 'ours', name: 'ours', ram: 1, vcpus: 1, disk: 0, 'os-flavor-access:is_public': false }
  await cloud.call('POST', '/flavors', { flavor }, admin)
  const services = await cloud.call(
    'GET',
    '/os-services?binary=nova-conductor',
    undefined,
    cloud.in('2.53', admin),
  )
  const [conductor] = services.json['services'] as [{ id: string }]
  const actions = await cloud.call('GET', `/servers/${id}/os-instance-actions`)
  const [{ request_id: request }] = actions.json['instanceActions'] as [{ request_id: string }]
  names = {
    server_id: id,
    image_id: cloud.imageId,
    volume_id: cloud.cinder.volume(),
    port_id: cloud.neutron.port(cloud.neutron.network()),
    flavor_id: 'ours',
    service_id: conductor.id,
    request_id: request,
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
  rmSync(directory, { recursive: true, force: true })
})

const filled = (text: string) => text.replaceAll(/:([a-z_]+)/g, (whole, name: string) => names[name] ?? whole)

function send({ method, path, body, version }: RouteCall, headers: Record<string, string>) {
  const payload = body && (JSON.parse(filled(JSON.stringify(body))) as object)
  return cloud.call(method, filled(path), payload, {
    ...headers,
    'openstack-api-version': `compute ${version}`,
  })
}
const title = ({ method, path, body }: RouteCall) => `${method} ${path} ${body ? JSON.stringify(body) : ''}`
const guarded = routeCalls.filter((call) => call.rules.length > 0)

/** Rules that decide what is shown, not whether there is an answer; each is tested where it shows. */
const shades = new Set([
  'os_compute_api:servers:allow_all_filters',
  'os_compute_api:servers:show:flavor-extra-specs',
  'os_compute_api:servers:show:host_status',
  'os_compute_api:servers:show:host_status:unknown-only',
  'os_compute_api:os-extended-server-attributes',
  'os_compute_api:os-instance-actions:events',
  'os_compute_api:os-instance-actions:events:details',
  'os_compute_api:os-migrations:index:host',
  'os_compute_api:servers:migrations:index:host',
])

test('the calls reach every route, and every rule', async () => {
  const reached = new Set(routeCalls.map(({ method, route }) => `${method} ${route}`))
  const routes = (await routesOf(cloud.api.app)).filter(
    ({ method, path }) =>
      method !== 'HEAD' && path.startsWith('/v2.1/') && !path.startsWith('/v2.1/:project_id'),
  )
  assert.ok(routes.length > 50, `${routes.length} routes`)
  for (const { method, path } of routes) {
    const route = `${method} ${path.replace('/v2.1', '')}`
    assert.ok(reached.has(route), `no call for ${route}`)
  }
  const asked = new Set(guarded.flatMap((call) => call.rules))
  const actions = rules.map((rule) => rule.action).filter((action) => action.includes(':'))
  assert.deepEqual(
    actions.filter((action) => !asked.has(action) && !shades.has(action)),
    [],
  )
})

test('rules name calls that exist', async () => {
  const { app, internal } = cloud.api
  const routes = new Set([...(await routesOf(app)), ...(await routesOf(internal))].map(shapeOf))
  const named = rules.flatMap(({ operations = [] }) => operations.map(shapeOf))
  assert.deepEqual(
    named.filter((call) => !routes.has(call) && !routes.has(call.replace(' ', ' /v2.1'))),
    [],
  )
})

test('nobody is answered without a token', async () => {
  for (const call of routeCalls) {
    const { status, headers } = await send(call, {})
    assert.equal(status, 401, title(call))
    assert.match(String(headers['www-authenticate']), /^Keystone uri=/)
  }
})

test('each rule, when nobody meets it, refuses its calls by name', async () => {
  for (const call of guarded) {
    for (const rule of call.rules) {
      writeFileSync(policyFile, JSON.stringify({ [rule]: '!' }))
      cloud.api.policy.reload()
      if (rule.endsWith(':unlock_override')) {
        await cloud.db.kysely.updateTable('servers').set({ locked_by: 'admin' }).execute()
      }
      const { status, json } = await send(call, admin)
      assert.equal(status, 403, `${title(call)} ${rule}`)
      const { message } = json['forbidden'] as { message: string }
      assert.equal(message, `Policy doesn't allow ${rule} to be performed.`)
    }
  }
  writeFileSync(policyFile, '{}')
  cloud.api.policy.reload()
  await cloud.db.kysely.updateTable('servers').set({ locked_by: null }).execute()
})

test('by default, who has no role is refused what is not open to everybody, and so is the system', async () => {
  const nobody = cloud.as([], 'demo')
  const open = new Set(rules.filter(({ check }) => check === '@').map(({ action }) => action))
  const system = cloud.as(['admin', 'reader'], 'demo', {
    project: undefined,
    system: { all: true },
  })
  for (const call of guarded) {
    const own = call.rules.every((rule) => open.has(rule) || rule.includes('os-keypairs'))
    if (!own) assert.equal((await send(call, nobody)).status, 403, title(call))
    // A token of the system has no project, so that a server is not there for it either.
    assert.ok([403, 404].includes((await send(call, system)).status), `${title(call)} by the system`)
  }
})

test('by default an administrator of the project is refused nothing', async () => {
  for (const call of routeCalls) {
    const { status, json } = await send(call, admin)
    // 501: the host does not say how long it runs.
    const fine = status === 501 || (status < 500 && status !== 401 && status !== 403)
    assert.ok(fine, `${title(call)}: ${status} ${JSON.stringify(json)}`)
  }
})
