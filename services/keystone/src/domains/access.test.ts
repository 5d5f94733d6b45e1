import { cloudAdmins, describeAccess, homeReaders, inHouse, readers } from '../testing/access.ts'

describeAccess('use domains', {
  'list domains': {
    method: 'GET',
    path: () => 'domains',
    by: [...homeReaders, 'other-domain-manager'],
  },
  'show a domain': {
    method: 'GET',
    path: ({ home }) => `domains/${home}`,
    by: [...homeReaders, ...inHouse],
  },
  'show another domain': {
    method: 'GET',
    path: ({ other }) => `domains/${other}`,
    by: [...readers, 'other-domain-manager'],
  },
  'create a domain': {
    method: 'POST',
    path: () => 'domains',
    body: ({ name }) => ({ domain: { name: name() } }),
    by: cloudAdmins,
  },
  'change a domain': {
    method: 'PATCH',
    path: ({ home }) => `domains/${home}`,
    body: () => ({ domain: { description: 'new' } }),
    by: cloudAdmins,
  },
  'delete a domain': {
    method: 'DELETE',
    path: async ({ fresh }) => `domains/${await fresh('domain', { enabled: false })}`,
    by: cloudAdmins,
  },
})
