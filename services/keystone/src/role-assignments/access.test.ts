import { describeAccess, homeReaders, readers } from '../testing/access.ts'

describeAccess('list role assignments', {
  'those that there are': {
    method: 'GET',
    path: () => 'role_assignments',
    by: [...homeReaders, 'other-domain-manager'],
  },
  'those of a tree': {
    method: 'GET',
    path: ({ house }) => `role_assignments?include_subtree&scope.project.id=${house}`,
    by: homeReaders,
  },
  'those of a tree that is not there': {
    method: 'GET',
    path: () => 'role_assignments?include_subtree&scope.project.id=nothing',
    status: 404,
    by: readers,
  },
})
