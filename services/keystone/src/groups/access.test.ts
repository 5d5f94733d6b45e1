import { admins, describeAccess, homeManagers, homeReaders, readers, type Place } from '../testing/access.ts'

/** A group and a user in it. */
async function joined({ fresh, call, tokenOf }: Place): Promise<string> {
  const path = `groups/${await fresh('group')}/users/${await fresh('user')}`
  await call('PUT', `/v3/${path}`, { token: await tokenOf('admin') })
  return path
}

describeAccess('use groups', {
  'list groups': {
    method: 'GET',
    path: () => 'groups',
    by: [...homeReaders, 'other-domain-manager'],
  },
  'show a group': {
    method: 'GET',
    path: async ({ fresh }) => `groups/${await fresh('group')}`,
    by: homeReaders,
  },
  'show a group that is not there': {
    method: 'GET',
    path: () => 'groups/nothing',
    status: 404,
    by: readers,
  },
  'create a group': {
    method: 'POST',
    path: () => 'groups',
    body: ({ home, name }) => ({ group: { name: name(), domain_id: home } }),
    by: homeManagers,
  },
  'create a group in another domain': {
    method: 'POST',
    path: () => 'groups',
    body: ({ other, name }) => ({ group: { name: name(), domain_id: other } }),
    by: [...admins, 'other-domain-manager'],
  },
  'change a group': {
    method: 'PATCH',
    path: async ({ fresh }) => `groups/${await fresh('group')}`,
    body: () => ({ group: { description: 'new' } }),
    by: homeManagers,
  },
  'delete a group': {
    method: 'DELETE',
    path: async ({ fresh }) => `groups/${await fresh('group')}`,
    by: homeManagers,
  },
  'list the users of a group': {
    method: 'GET',
    path: async ({ fresh }) => `groups/${await fresh('group')}/users`,
    by: homeReaders,
  },
  'check who is in a group': { method: 'GET', path: joined, by: homeReaders },
  'add a user to a group': {
    method: 'PUT',
    path: async ({ fresh, users }) => `groups/${await fresh('group')}/users/${users.get('owner')}`,
    by: homeManagers,
  },
  'add a user of another domain to a group': {
    method: 'PUT',
    path: async ({ fresh, users }) =>
      `groups/${await fresh('group')}/users/${users.get('other-domain-manager')}`,
    by: admins,
  },
  'remove a user from a group': { method: 'DELETE', path: joined, by: homeManagers },
})
