import {
  admins,
  cloudAdmins,
  cloudReaders,
  describeAccess,
  homeManagers,
  homeReaders,
  readers,
  type Action,
  type Place,
} from '../testing/access.ts'

/** A grant of a role, to a user or a group of `home` that is new. */
function grantOf(role: string, kind: 'user' | 'group', on: (place: Place) => string) {
  return async (place: Place) =>
    `${on(place)}/${kind}s/${await place.fresh(kind)}/roles/${place.roles.get(role)}`
}

/** The same when it is there. */
function granted(path: (place: Place) => Promise<string>) {
  return async (place: Place) => {
    const at = await path(place)
    await place.call('PUT', `/v3/${at}`, { token: await place.tokenOf('admin') })
    return at
  }
}

const targets = {
  project: ({ house }: Place) => `projects/${house}`,
  domain: ({ home }: Place) => `domains/${home}`,
}

for (const [target, on] of Object.entries(targets)) {
  const actions: Record<string, Action> = {}
  for (const kind of ['user', 'group'] as const) {
    const member = grantOf('member', kind, on)
    Object.assign(actions, {
      [`list the roles of a ${kind}`]: {
        method: 'GET',
        path: async (place: Place) => `${on(place)}/${kind}s/${await place.fresh(kind)}/roles`,
        by: homeReaders,
      },
      [`check a role of a ${kind}`]: { method: 'GET', path: granted(member), by: homeReaders },
      [`grant a ${kind} a role`]: { method: 'PUT', path: member, by: homeManagers },
      [`take a role from a ${kind}`]: { method: 'DELETE', path: granted(member), by: homeManagers },
      [`let projects below inherit a role of a ${kind}`]: {
        method: 'PUT',
        path: async (place: Place) => `OS-INHERIT/${await member(place)}/inherited_to_projects`,
        by: homeManagers,
      },
    })
  }
  for (const role of ['admin', 'service']) {
    const grant = grantOf(role, 'user', on)
    Object.assign(actions, {
      [`grant the role ${role}`]: { method: 'PUT', path: grant, by: admins },
      [`take the role ${role}`]: { method: 'DELETE', path: granted(grant), by: admins },
    })
  }
  describeAccess(`use grants on a ${target}`, actions)
}

describeAccess('use grants across domains', {
  'list the roles on a domain of a user of another': {
    method: 'GET',
    path: ({ home, users }) => `domains/${home}/users/${users.get('other-domain-manager')}/roles`,
    by: readers,
  },
  'grant a user of another domain a role': {
    method: 'PUT',
    path: ({ home, users, roles }) =>
      `domains/${home}/users/${users.get('other-domain-manager')}/roles/${roles.get('reader')}`,
    by: admins,
  },
  'grant a role on a project of another domain': {
    method: 'PUT',
    path: async (place) => {
      const project = await place.fresh('project', { domain_id: place.other })
      return grantOf('reader', 'user', () => `projects/${project}`)(place)
    },
    by: admins,
  },
  'grant a role on nothing': {
    method: 'PUT',
    path: grantOf('member', 'user', () => 'projects/nothing'),
    status: 404,
    by: admins,
  },
})

const systemActions: Record<string, Action> = {}
for (const kind of ['user', 'group'] as const) {
  const reader = grantOf('reader', kind, () => 'system')
  Object.assign(systemActions, {
    [`list the roles of a ${kind}`]: {
      method: 'GET',
      path: async (place: Place) => `system/${kind}s/${await place.fresh(kind)}/roles`,
      by: cloudReaders,
    },
    [`check a role of a ${kind}`]: { method: 'GET', path: granted(reader), by: cloudReaders },
    [`grant a ${kind} a role`]: { method: 'PUT', path: reader, by: cloudAdmins },
    [`take a role from a ${kind}`]: { method: 'DELETE', path: granted(reader), by: cloudAdmins },
  })
}
describeAccess('use grants on the system', systemActions)
