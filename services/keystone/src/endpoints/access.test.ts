import { cloudAdmins, cloudReaders, describeAccess, type Place } from '../testing/access.ts'

async function newEndpoint({ fresh }: Place) {
  const service_id = await fresh('service', { type: 'image' })
  return { service_id, interface: 'public', url: 'http://127.0.0.1:9292' }
}
const existing = async (place: Place) =>
  `endpoints/${await place.fresh('endpoint', await newEndpoint(place))}`

describeAccess('use endpoints', {
  'list endpoints': { method: 'GET', path: () => 'endpoints', by: cloudReaders },
  'show an endpoint': { method: 'GET', path: existing, by: cloudReaders },
  'create an endpoint': {
    method: 'POST',
    path: () => 'endpoints',
    body: async (place) => ({ endpoint: await newEndpoint(place) }),
    by: cloudAdmins,
  },
  'change an endpoint': {
    method: 'PATCH',
    path: existing,
    body: () => ({ endpoint: { interface: 'internal' } }),
    by: cloudAdmins,
  },
  'delete an endpoint': { method: 'DELETE', path: existing, by: cloudAdmins },
})
