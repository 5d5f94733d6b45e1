import assert from 'node:assert/strict'
import { test } from 'node:test'
import { stage } from './fixtures/stage.ts'
import { AccessInfo, Adapter, contextAuth } from './index.ts'
import { tokenData } from './testing/index.ts'

test('Paths are appended to the endpoint in the catalog, used as it is', async (t) => {
  const { session, service } = await stage(t)
  const target = await service(() => 200)
  const endpoints = [
    { interface: 'internal', region_id: 'R', url: `${target.url}/internal` },
    { interface: 'public', region_id: 'R', url: `${target.url}/image/` },
  ]
  const auth = contextAuth({ token: 't', catalog: [{ type: 'image', endpoints }] })
  const image = new Adapter({ session, auth, serviceType: 'image', regionName: 'R' })
  await image.get('/v2/images')
  const inside = new Adapter({ session, auth, serviceType: 'image', validInterfaces: ['admin', 'internal'] })
  await inside.delete('v2/images/1')
  await new Adapter({ session, auth, serviceType: 'image', interface: 'internalURL' }).head('/')
  assert.deepEqual(
    target.seen.map(({ method, path }) => `${method} ${path}`),
    ['GET /image/v2/images', 'DELETE /internal/v2/images/1', 'HEAD /internal/'],
  )
  assert.equal(await inside.getEndpoint(), `${target.url}/internal`)
  assert.equal(await inside.getToken(), 't')
})

test('What an adapter says is a default; what a call says wins; undefined says nothing', async (t) => {
  const { session, service, waits } = await stage(t)
  const target = await service((_request, count) => (count === 1 ? 409 : 200))
  const adapter = new Adapter({
    session,
    auth: contextAuth({ token: 't', projectId: 'p' }),
    serviceType: 'block-storage',
    endpointOverride: `${target.url}/%(project_id)s`,
    defaultMicroversion: '3.0',
    globalRequestId: 'req-default',
    userAgent: 'nova-conductor',
    statusCodeRetries: 1,
    statusCodeRetryDelay: 2,
    retriableStatusCodes: [409],
  })
  await adapter.post('/volumes', { microversion: '3.70', globalRequestId: undefined })
  const headers = target.seen[1]?.headers
  assert.equal(target.seen[1]?.path, '/p/volumes')
  assert.equal(headers?.['openstack-api-version'], 'volume 3.70')
  assert.equal(headers?.['x-openstack-request-id'], 'req-default')
  assert.match(headers?.['user-agent'] ?? '', /^nova-conductor /)
  assert.deepEqual(waits, [2000])
  assert.equal(await adapter.getEndpoint(), `${target.url}/p`)
})

test('An adapter tells what the service says of its version', async (t) => {
  const { session, login } = await stage(t)
  const identity = new Adapter({ session, auth: login(), serviceType: 'identity' })
  assert.equal((await identity.getEndpointData())?.version?.major, 3)
})

test('An access survives being stored, and knows how long it lasts', () => {
  const issuedAt = new Date('2026-01-01T00:00:00Z')
  const data = tokenData({ issuedAt, lifetime: 60, roleNames: ['member'], userName: 'demo' })
  const access = AccessInfo.fromSecretText(new AccessInfo('a-token', data).toSecretText())
  assert.equal(access.token, 'a-token')
  assert.equal(access.lifetimeSeconds, 60)
  assert.deepEqual(
    [access.userId, access.username, access.projectId, access.projectName, access.domainId],
    ['id-user-demo', 'demo', 'id-project-demo', 'demo', undefined],
  )
  assert.deepEqual(
    [access.roleNames, access.auditId, access.isSystemScoped],
    [['member'], data.audit_ids[0], false],
  )
  assert.equal(access.willExpireSoon(issuedAt, 60), false)
  assert.equal(access.willExpireSoon(issuedAt, 61), true)
})
