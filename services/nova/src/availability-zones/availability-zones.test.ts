import assert from 'node:assert/strict'
import { after, before, test } from 'node:test'
import { ServiceStore } from '../services/store.ts'
import { testCloud, type TestCloud } from '../testing/cloud.ts'

let cloud: TestCloud
let store: ServiceStore
let admin: Record<string, string>
const reported = new Date('2026-01-02T03:04:05.678Z')
const updated_at = '2026-01-02T03:04:05.678000'

before(async () => {
  cloud = await testCloud({ conductor: false })
  store = new ServiceStore(cloud.db.kysely)
  admin = cloud.as(['admin'], 'admin')
})
after(async () => {
  await cloud.close()
})

const compute = (host: string) => ({ host, binary: 'nova-compute' }) as const
const state = (up: boolean) => ({ available: up, active: true, updated_at })

async function zones(path: '' | '/detail', headers = admin): Promise<unknown> {
  const answer = await cloud.call('GET', `/os-availability-zone${path}`, undefined, headers)
  assert.equal(answer.status, 200)
  assert.deepEqual(Object.keys(answer.json), ['availabilityZoneInfo'])
  return answer.json['availabilityZoneInfo']
}

test('without services there are no zones', async () => {
  assert.deepEqual(await zones(''), [])
  assert.deepEqual(await zones('/detail'), [])
})

test('everybody sees the zone of the hosts, without them and without the zone of internal services', async () => {
  await store.report(compute('compute1'), new Date(), crypto.randomUUID())
  await store.report({ host: 'controller', binary: 'nova-conductor' }, new Date(), crypto.randomUUID())
  const seen = [{ zoneName: 'nova', zoneState: { available: true }, hosts: null }]
  assert.deepEqual(await zones(''), seen)
  assert.deepEqual(await zones('', cloud.as([], 'demo')), seen)
})

test('an administrator sees each host with its services, and whether they reported lately', async () => {
  await store.report(compute('compute2'), new Date(), crypto.randomUUID())
  await cloud.db.kysely.updateTable('services').set({ reported_at: reported }).execute()
  const seen = (alive: boolean) => [
    {
      zoneName: 'nova',
      zoneState: { available: true },
      hosts: { compute1: { 'nova-compute': state(alive) }, compute2: { 'nova-compute': state(alive) } },
    },
    {
      zoneName: 'internal',
      zoneState: { available: true },
      hosts: { controller: { 'nova-conductor': state(alive) } },
    },
  ]
  cloud.serviceDownTime = Number.POSITIVE_INFINITY
  assert.deepEqual(await zones('/detail'), seen(true))
  cloud.serviceDownTime = 60
  assert.deepEqual(await zones('/detail'), seen(false), 'a host that is silent does not close its zone')
})

test('a disabled host is not shown; a zone is not available when all its hosts are disabled, and comes last', async () => {
  await store.update(compute('compute1'), { disabled: true })
  const hosts = { compute2: { 'nova-compute': state(false) } }
  const [open, internal] = (await zones('/detail')) as [object, object]
  assert.deepEqual(open, { zoneName: 'nova', zoneState: { available: true }, hosts })
  await store.update(compute('compute2'), { disabled: true })
  const closed = { zoneName: 'nova', zoneState: { available: false }, hosts: null }
  assert.deepEqual(await zones('/detail'), [internal, closed])
  assert.deepEqual(await zones(''), [closed])
})
