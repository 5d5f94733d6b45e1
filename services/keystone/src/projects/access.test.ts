import { admins, describeAccess, homeManagers, homeReaders, inHouse, readers } from '../testing/access.ts'
import type { Place } from '../testing/access.ts'

const tagged = async ({ fresh }: Place) => `projects/${await fresh('project', { tags: ['blue'] })}/tags`

describeAccess('use projects', {
  'list projects': {
    method: 'GET',
    path: () => 'projects',
    by: [...homeReaders, 'other-domain-manager'],
  },
  'show a project': {
    method: 'GET',
    path: ({ house }) => `projects/${house}`,
    by: [...homeReaders, ...inHouse],
  },
  'show a project that is none of theirs': {
    method: 'GET',
    path: ({ fresh }) => fresh('project').then((id) => `projects/${id}`),
    by: homeReaders,
  },
  'show a project that is not there': {
    method: 'GET',
    path: () => 'projects/nothing',
    status: 404,
    by: readers,
  },
  'create a project': {
    method: 'POST',
    path: () => 'projects',
    body: ({ home, name }) => ({ project: { name: name(), domain_id: home } }),
    by: homeManagers,
  },
  'create a project in another domain': {
    method: 'POST',
    path: () => 'projects',
    body: ({ other, name }) => ({ project: { name: name(), domain_id: other } }),
    by: [...admins, 'other-domain-manager'],
  },
  'create a domain that is called a project': {
    method: 'POST',
    path: () => 'projects',
    body: ({ name }) => ({ project: { name: name(), is_domain: true } }),
    by: admins,
  },
  'change a project': {
    method: 'PATCH',
    path: async ({ fresh }) => `projects/${await fresh('project')}`,
    body: () => ({ project: { description: 'new' } }),
    by: homeManagers,
  },
  'delete a project': {
    method: 'DELETE',
    path: async ({ fresh }) => `projects/${await fresh('project')}`,
    by: homeManagers,
  },
  'list tags': {
    method: 'GET',
    path: ({ house }) => `projects/${house}/tags`,
    by: [...homeReaders, ...inHouse],
  },
  'check a tag': { method: 'GET', path: async (place) => `${await tagged(place)}/blue`, by: homeReaders },
  'add a tag': { method: 'PUT', path: async (place) => `${await tagged(place)}/red`, by: homeManagers },
  'replace the tags': { method: 'PUT', path: tagged, body: () => ({ tags: ['red'] }), by: homeManagers },
  'remove a tag': {
    method: 'DELETE',
    path: async (place) => `${await tagged(place)}/blue`,
    by: homeManagers,
  },
  'remove the tags': { method: 'DELETE', path: tagged, by: homeManagers },
})
