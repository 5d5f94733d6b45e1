import { admins, describeAccess, homeManagers, homeReaders, readers } from '../testing/access.ts'

const newUser = (domain: string, name: string) => ({ user: { name, domain_id: domain } })

describeAccess('use users', {
  'list users': {
    method: 'GET',
    path: () => 'users',
    by: [...homeReaders, 'other-domain-manager'],
  },
  'show a user': {
    method: 'GET',
    path: ({ users }) => `users/${users.get('owner')}`,
    by: [...homeReaders, 'owner'],
  },
  'show a user of the cloud': {
    method: 'GET',
    path: ({ users }) => `users/${users.get('system-reader')}`,
    by: readers,
  },
  'create a user': {
    method: 'POST',
    path: () => 'users',
    body: ({ home, name }) => newUser(home, name()),
    by: homeManagers,
  },
  'create a user in another domain': {
    method: 'POST',
    path: () => 'users',
    body: ({ other, name }) => newUser(other, name()),
    by: [...admins, 'other-domain-manager'],
  },
  'change a user': {
    method: 'PATCH',
    path: async ({ fresh }) => `users/${await fresh('user')}`,
    body: () => ({ user: { description: 'new' } }),
    by: homeManagers,
  },
  'change oneself': {
    method: 'PATCH',
    path: ({ users }) => `users/${users.get('owner')}`,
    body: () => ({ user: { description: 'new' } }),
    by: homeManagers,
  },
  'delete a user': {
    method: 'DELETE',
    path: async ({ fresh }) => `users/${await fresh('user')}`,
    by: homeManagers,
  },
  'list the projects of a user': {
    method: 'GET',
    path: ({ users }) => `users/${users.get('owner')}/projects`,
    by: [...homeReaders, 'owner'],
  },
  'list the groups of a user': {
    method: 'GET',
    path: ({ users }) => `users/${users.get('owner')}/groups`,
    by: [...homeReaders, 'owner'],
  },
  'show a user who is not there': {
    method: 'GET',
    path: () => 'users/nobody',
    status: 404,
    by: readers,
  },
})
