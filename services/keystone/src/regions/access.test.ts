import { cloudAdmins, describeAccess, everybody } from '../testing/access.ts'

describeAccess('use regions', {
  'list regions': { method: 'GET', path: () => 'regions', by: everybody },
  'show a region': { method: 'GET', path: () => 'regions/RegionOne', by: everybody },
  'create a region': {
    method: 'POST',
    path: () => 'regions',
    body: () => ({ region: {} }),
    by: cloudAdmins,
  },
  'change a region': {
    method: 'PATCH',
    path: () => 'regions/RegionOne',
    body: () => ({ region: { description: 'new' } }),
    by: cloudAdmins,
  },
  'delete a region': {
    method: 'DELETE',
    path: async ({ fresh }) => `regions/${await fresh('region')}`,
    by: cloudAdmins,
  },
})
