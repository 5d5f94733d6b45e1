import { cloudAdmins, cloudReaders, describeAccess } from '../testing/access.ts'

describeAccess('use services', {
  'list services': { method: 'GET', path: () => 'services', by: cloudReaders },
  'show a service': {
    method: 'GET',
    path: async ({ fresh }) => `services/${await fresh('service', { type: 'image' })}`,
    by: cloudReaders,
  },
  'create a service': {
    method: 'POST',
    path: () => 'services',
    body: ({ name }) => ({ service: { type: name() } }),
    by: cloudAdmins,
  },
  'change a service': {
    method: 'PATCH',
    path: async ({ fresh }) => `services/${await fresh('service', { type: 'image' })}`,
    body: () => ({ service: { description: 'new' } }),
    by: cloudAdmins,
  },
  'delete a service': {
    method: 'DELETE',
    path: async ({ fresh }) => `services/${await fresh('service', { type: 'image' })}`,
    by: cloudAdmins,
  },
})
