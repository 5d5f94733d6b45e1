import { cloudAdmins, cloudReaders, describeAccess, readers, type Place } from '../testing/access.ts'

/** The path of a role that implies another. */
async function implied({ fresh, call, tokenOf }: Place): Promise<string> {
  const path = `roles/${await fresh('role')}/implies/${await fresh('role')}`
  await call('PUT', `/v3/${path}`, { token: await tokenOf('admin') })
  return path
}

describeAccess('use roles', {
  'list roles': {
    method: 'GET',
    path: () => 'roles',
    by: [...readers, 'domain-manager', 'other-domain-manager'],
  },
  'show a role that managers hand on': {
    method: 'GET',
    path: ({ roles }) => `roles/${roles.get('member')}`,
    by: [...readers, 'domain-manager', 'other-domain-manager', 'project-manager'],
  },
  'show another role': { method: 'GET', path: ({ roles }) => `roles/${roles.get('admin')}`, by: readers },
  'create a role': {
    method: 'POST',
    path: () => 'roles',
    body: ({ name }) => ({ role: { name: name() } }),
    by: cloudAdmins,
  },
  'change a role': {
    method: 'PATCH',
    path: async ({ fresh }) => `roles/${await fresh('role')}`,
    body: () => ({ role: { description: 'new' } }),
    by: cloudAdmins,
  },
  'delete a role': {
    method: 'DELETE',
    path: async ({ fresh }) => `roles/${await fresh('role')}`,
    by: cloudAdmins,
  },
})

describeAccess('use the roles of a domain', {
  'list them': { method: 'GET', path: ({ home }) => `roles?domain_id=${home}`, by: cloudReaders },
  'show one': {
    method: 'GET',
    path: async ({ fresh, home }) => `roles/${await fresh('role', { domain_id: home })}`,
    by: cloudReaders,
  },
  'create one': {
    method: 'POST',
    path: () => 'roles',
    body: ({ home, name }) => ({ role: { name: name(), domain_id: home } }),
    by: cloudAdmins,
  },
  'change one': {
    method: 'PATCH',
    path: async ({ fresh, home }) => `roles/${await fresh('role', { domain_id: home })}`,
    body: () => ({ role: { description: 'new' } }),
    by: cloudAdmins,
  },
  'delete one': {
    method: 'DELETE',
    path: async ({ fresh, home }) => `roles/${await fresh('role', { domain_id: home })}`,
    by: cloudAdmins,
  },
})

describeAccess('use implied roles', {
  'list all of them': { method: 'GET', path: () => 'role_inferences', by: cloudReaders },
  'list those of a role': {
    method: 'GET',
    path: ({ roles }) => `roles/${roles.get('member')}/implies`,
    by: cloudReaders,
  },
  'show one': { method: 'GET', path: implied, by: cloudReaders },
  'check one': { method: 'HEAD', path: implied, by: cloudReaders },
  'create one': {
    method: 'PUT',
    path: async ({ fresh }) => `roles/${await fresh('role')}/implies/${await fresh('role')}`,
    by: cloudAdmins,
  },
  'delete one': { method: 'DELETE', path: implied, by: cloudAdmins },
})
