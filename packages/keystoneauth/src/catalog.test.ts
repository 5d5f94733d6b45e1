import assert from 'node:assert/strict'
import { test } from 'node:test'
import { ServiceCatalog } from './catalog.ts'
import { EmptyCatalog, EndpointNotFound } from './errors.ts'

const endpoint = (side: string, region: string, url: string) => ({
  interface: side,
  region,
  region_id: region,
  url,
})
const catalog = new ServiceCatalog([
  { type: 'volumev3', name: 'cinderv3', endpoints: [endpoint('public', 'A', 'http://cinder/v3')] },
  {
    type: 'image',
    name: 'glance',
    endpoints: [
      endpoint('public', 'A', 'http://a'),
      endpoint('internal', 'A', 'http://a-in'),
      endpoint('public', 'B', 'http://b'),
    ],
  },
])

test('An endpoint is found by type, interface in order of preference, and region', () => {
  assert.equal(catalog.urlFor({ serviceType: 'image' }), 'http://a')
  assert.equal(catalog.urlFor({ serviceType: 'image', interface: ['admin', 'internal'] }), 'http://a-in')
  assert.equal(catalog.urlFor({ serviceType: 'image', interface: 'publicURL', regionName: 'B' }), 'http://b')
})

test('An alias of the service type is understood', () => {
  assert.equal(catalog.urlFor({ serviceType: 'block-storage' }), 'http://cinder/v3')
})

test('The type asked for wins over its aliases, then their order', () => {
  const entry = (type: string) => ({ type, endpoints: [endpoint('public', 'A', `http://${type}`)] })
  const volumes = new ServiceCatalog([entry('volume'), entry('volumev2'), entry('volumev3')])
  assert.equal(volumes.urlFor({ serviceType: 'volume' }), 'http://volume')
  assert.equal(volumes.urlFor({ serviceType: 'block-storage' }), 'http://volumev3')
  assert.equal(volumes.urlFor({ serviceType: 'block-store' }), 'http://volumev3')
})

test('A name counts where both know one, an empty URL never', () => {
  assert.throws(() => catalog.urlFor({ serviceType: 'image', serviceName: 'other' }), EndpointNotFound)
  const nameless = new ServiceCatalog([
    { type: 'image', endpoints: [endpoint('public', 'A', ''), endpoint('public', 'A', 'http://second')] },
  ])
  assert.equal(nameless.urlFor({ serviceType: 'image', serviceName: 'glance' }), 'http://second')
})

test('What cannot be found is named', () => {
  assert.throws(
    () => catalog.urlFor({ serviceType: 'image', interface: ['admin', 'public'], regionName: 'C' }),
    (error) =>
      error instanceof EndpointNotFound &&
      ['admin or public', 'image', 'region C'].every((word) => error.message.includes(word)),
  )
  assert.throws(() => new ServiceCatalog([]).urlFor({ serviceType: 'image' }), EmptyCatalog)
})
