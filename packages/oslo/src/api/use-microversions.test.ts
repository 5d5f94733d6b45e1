import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createLogger } from '../log/index.ts'
import { createApi } from './create-api.ts'
import { computeErrorFormat } from './error-formats.ts'
import { isServed, microversion, useMicroversions } from './use-microversions.ts'

function application() {
  const app = createApi({
    service: 'test',
    version: '1',
    logger: createLogger({ service: 'test', level: 'fatal' }),
    errorFormat: computeErrorFormat,
  })
  const range = { service: 'compute', min: '2.1', max: '2.60' } as const
  useMicroversions(app, range, { exempt: (path) => path === '/' })
  app.get('/', async () => ({ root: true }))
  app.get('/always', async (request) => ({ later: request.microversion.atLeast('2.10') }))
  app.get('/later', { config: { microversions: { from: '2.10' } } }, async () => ({}))
  app.get('/once', { config: { microversions: { to: '2.9' } } }, async () => ({}))
  return (url: string, version?: string) =>
    app.inject({ url, headers: version ? { 'openstack-api-version': `compute ${version}` } : {} })
}

test('each request has its version, and its answer tells it', async () => {
  const get = application()
  assert.deepEqual((await get('/always')).json(), { later: false })
  const answer = await get('/always', '2.10')
  assert.deepEqual(answer.json(), { later: true })
  assert.equal(answer.headers['openstack-api-version'], 'compute 2.10')
  assert.equal((await get('/always', 'latest')).headers['openstack-api-version'], 'compute 2.60')
})

test('a route is there in its versions only', async () => {
  const get = application()
  const statuses = async (url: string) => [
    (await get(url, '2.9')).statusCode,
    (await get(url, '2.10')).statusCode,
  ]
  assert.deepEqual(await statuses('/later'), [404, 200])
  assert.deepEqual(await statuses('/once'), [200, 404])
})

test('a version that is not served is refused in the lowest one, except where versions mean nothing', async () => {
  const get = application()
  const refused = await get('/always', '2.61')
  assert.deepEqual([refused.statusCode, refused.headers['openstack-api-version']], [406, 'compute 2.1'])
  const root = await get('/', '2.61')
  assert.deepEqual([root.statusCode, root.headers['openstack-api-version']], [200, undefined])
})

test('windows include both ends and compare numbers, not text', () => {
  const at = (text: string) => isServed(microversion(text), { from: '2.9', to: '2.50' })
  assert.deepEqual(['2.8', '2.9', '2.10', '2.50', '2.51'].map(at), [false, true, true, true, false])
  assert.ok(isServed(microversion('2.1'), {}))
})
