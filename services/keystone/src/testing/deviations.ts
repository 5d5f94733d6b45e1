import { homeDocument, type HomeDocument } from '../discovery/json-home.ts'

/** Where an answer of ours is not the original's; what is not given is the same. */
export interface Deviation {
  /** Why ours differs. */
  because: string
  status?: number
  headers?: Record<string, string | undefined>
  /**
   * The parts of the body that are different, undefined for what ours has not; or what becomes of the recorded body.
   * Lists are replaced as a whole.
   */
  body?: unknown
}

const wrapped405 = {
  because: 'a 405 has the form of every other error, and lists what there is',
  headers: { allow: 'GET, HEAD, POST' },
  body: {
    message: undefined,
    error: {
      code: 405,
      message: 'The method is not allowed for the requested URL.',
      title: 'Method Not Allowed',
    },
  },
}

const json405: Deviation = {
  because: 'a 405 has the form of every other error; the original answers in HTML where it has a document',
  headers: { 'content-type': 'application/json', allow: 'GET, HEAD' },
  body: { error: wrapped405.body.error },
}

const json404 = {
  because: 'a 404 has the form of every other error; the original answers in HTML where it has no such path',
  headers: { 'content-type': 'application/json' },
  body: { error: { code: 404, message: 'The resource could not be found.', title: 'Not Found' } },
}

const homeOfServed: Deviation = {
  because: 'a home document names what is served',
  body({ resources }: HomeDocument) {
    const served = Object.keys(homeDocument('').resources)
    return { resources: Object.fromEntries(served.map((name) => [name, resources[name]])) }
  },
}

const silent = {
  because: 'a client is not told why a token does not hold, and a token never stands in an error',
  body: saying('Failed to validate token'),
}

/** @param action that the caller may not do */
const noGuessing = (action: string): Deviation => ({
  because: 'whoever may see nothing of the kind does not learn which ids exist',
  status: 403,
  body: {
    error: {
      code: 403,
      message: `You are not authorized to perform the requested action: ${action}.`,
      title: 'Forbidden',
    },
  },
})

const fieldsQuoted = (field: string, message: string) => ({
  because: 'fields stand in quotes in every sentence about them',
  body: saying(`Invalid input for field '${field}': ${message}`),
})

const newName = {
  because: 'the original shows the old name for as long as its cache lives',
  body: { token: { user: { name: 'rec-v2' } } },
}

const tagLinks = (project: string) => ({
  because: 'the links of the original name no tags',
  body: { links: { self: `http://127.0.0.1:5000/v3/projects/<id:project:${project}>/tags` } },
})

/** The domain of the recording as it is after its option has been taken away. */
const openAgain = {
  because:
    'an immutable domain of the original can never be changed again, its option included; ours as documented',
  status: 200,
}
const domainImmutable = (options: Record<string, unknown>) => ({
  error: undefined,
  domain: {
    id: '<id:domain:immutable>',
    name: 'dom-i',
    description: '',
    enabled: true,
    tags: [],
    options,
    links: { self: 'http://127.0.0.1:5000/v3/domains/<id:domain:immutable>' },
  },
})

const workingPriorRole = {
  because: 'prior_role of the original leads nowhere: no such path, and the roles are the wrong way round',
  body: (recorded: unknown): unknown =>
    JSON.parse(
      JSON.stringify(recorded).replaceAll(
        /\/prior_role\/(<[^<>]+>)\/implies\/(<[^<>]+>)/g,
        '/roles/$2/implies/$1',
      ),
    ),
}

/**
 * Every difference to the recordings, by recording and exchange. One more is not listed singly: where the fixtures say
 * `<text>`, the original shows the text of Python's schema library, many lines with the whole schema; ours is a sentence that
 * names the field.
 */
export const deviations: Readonly<Record<string, Deviation>> = {
  'auth-malformed: password without user': {
    because: 'the original speaks of "user in None"',
    body: saying(
      "Invalid input for field 'identity/password/user': Invalid input: expected object, received undefined",
    ),
  },
  'auth-malformed: user without id and name': fieldsQuoted(
    'identity/password/user',
    'id or name must be present.',
  ),
  'auth-malformed: domain empty': fieldsQuoted(
    'identity/password/user/domain',
    'id or name must be present.',
  ),
  'home-documents: root': homeOfServed,
  'home-documents: v3': homeOfServed,
  'home-documents: v3, Accept both': homeOfServed,
  'discovery: root, POST': json405,
  'discovery: v3, POST': json405,
  'discovery: unknown path': json404,
  'discovery: unknown path under v3': json404,
  'discovery: unknown path under v3, with a token': json404,
  'auth-malformed: PATCH': { ...wrapped405, headers: { allow: 'DELETE, GET, HEAD, POST' } },

  'revoke: revoked list (old API)': {
    ...json404,
    because: 'the API of release 2 is not served',
    status: 404,
  },
  'revoke: user deleted: scoped token': silent,
  'revoke: user renamed: scoped token': newName,
  'revoke: user renamed: unscoped token': newName,
  'revoke: only role removed: scoped token': silent,
  'revoke: project disabled: scoped token': silent,
  'revoke: project deleted: scoped token': silent,

  'users: method not allowed': wrapped405,
  'domains: method not allowed': wrapped405,
  'groups: method not allowed': wrapped405,
  'roles: method not allowed': wrapped405,
  'services: method not allowed': wrapped405,
  'endpoints: method not allowed': wrapped405,

  'filters: users ?enabled__contains=x': {
    because: 'the original crashes in comparing a boolean with a text; such a filter asks nothing',
    status: 200,
    body: { error: undefined, users: everybody(), links: listLinks('users?enabled__contains=x') },
  },

  'projects: update, name taken': {
    because: 'the original crashes in making the message and closes the connection',
    status: 409,
    body: {
      error: {
        code: 409,
        message:
          'Conflict occurred attempting to store project - it is not permitted to have two projects with either the ' +
          'same name or same id in the same domain: name is demo, project id <id:project:rec>.',
        title: 'Conflict',
      },
    },
  },
  'projects: tags': tagLinks('rec'),
  'project-tags: replace': tagLinks('tagged'),
  'project-tags: list them': tagLinks('tagged'),
  'project-tags: list none': tagLinks('tagged'),
  'project-tags: own project, list': tagLinks('demo'),
  'project-tags: add one': {
    because: "the original's Location leaves out the projects; there is no body and so no type",
    headers: {
      'content-type': undefined,
      location: 'http://127.0.0.1:5000/v3/projects/<id:project:tagged>/tags/new',
    },
  },
  'project-domains: domain: id in body': {
    because: 'the id of a domain cannot be changed, and saying so is better than silence',
    status: 400,
    body: { domain: undefined, error: { code: 400, message: 'Cannot change ID', title: 'Bad Request' } },
  },
  'project-domains: domain: again immutable': { ...openAgain, body: domainImmutable({ immutable: true }) },
  'project-domains: domain: option taken away': { ...openAgain, body: domainImmutable({}) },

  'implied-roles: show unknown, unprivileged': noGuessing('identity:get_role'),
  'implied-roles: unknown, unprivileged': noGuessing('identity:list_implied_roles'),
  'grants: project user: unprivileged, unknown': noGuessing('identity:create_grant'),
  'grants: project group: unprivileged, unknown': noGuessing('identity:create_grant'),
  'grants: domain user: unprivileged, unknown': noGuessing('identity:create_grant'),
  'grants: domain group: unprivileged, unknown': noGuessing('identity:create_grant'),
  'grants: project user: inherited list': json404,
  'grants: project group: inherited list': json404,

  'role-assignments: user.id=<id:user:gu>&effective': workingPriorRole,
  'role-assignments: scope.project.id=<id:project:gp>&effective': workingPriorRole,
  'role-assignments: scope.project.id=<id:project:gp>&include_subtree=true&effective': workingPriorRole,
  'role-assignments: scope.domain.id=default&effective&user.id=<id:user:gu>': workingPriorRole,
  'role-assignments: role.id=<id:role:reader>&user.id=<id:user:gu>&effective': workingPriorRole,
  'role-assignments: role.id=<id:role:rc>&scope.project.id=<id:project:gpd>&effective': workingPriorRole,
  'role-assignments: scope.project.id=<id:project:gpd>&include_names&effective': workingPriorRole,
  'role-assignments: scope.system=all&effective&user.id=<id:user:gu>': {
    because: 'the original lists everything but the system here',
    body: { role_assignments: [onSystem('users/<id:user:gu>'), onSystem('groups/<id:group:gg>', true)] },
  },
  'scopes: token on the system': {
    because: 'a role that was given twice stands in a token once',
    body: { token: { roles: [{ id: '<id:role:reader>', name: 'reader' }] } },
  },
  'scopes: system by the group only': {
    because: 'a token for the system can be had by the role of a group, and this list tells what can be had',
    body: { system: [{ all: true }] },
  },

  'catalog-rules: region, id of 256': {
    because: 'the original repeats the id and speaks of a column',
    body: saying("Invalid input for field 'id': Too big: expected string to have <=255 characters"),
  },
  'catalog-rules: put on a path without id': {
    ...wrapped405,
    because: 'the original crashes',
    status: 405,
    headers: { 'content-type': 'application/json' },
    body: () => ({ error: wrapped405.body.error }),
  },
  'catalog-rules: endpoint: url template': {
    because:
      'an URL that cannot be filled in would take the endpoint out of every catalog; it is refused as at creation',
    status: 400,
    body: {
      endpoint: undefined,
      error: {
        code: 400,
        message: 'Cannot create an endpoint with an invalid URL: http://x/%(nope)s.',
        title: 'Bad Request',
      },
    },
  },
  'catalog-rules: endpoint: extra': {
    because: 'the change of the URL before it was refused',
    body: { endpoint: { url: 'http://x/' } },
  },
  'catalog-rules: endpoint: unknown, unprivileged': noGuessing('identity:get_endpoint'),
}

function saying(message: string): unknown {
  return { error: { message } }
}

function listLinks(path: string): unknown {
  return { next: null, self: `http://127.0.0.1:5000/v3/${path}`, previous: null }
}

/** The users that the cloud of the recordings begins with. */
function everybody(): unknown[] {
  const services = ['nova', 'cinder', 'glance', 'neutron']
  return [...services, 'admin', 'demo', 'other', 'plainsvc'].map((name) => ({
    id: `<id:user:${name}>`,
    name,
    domain_id: 'default',
    enabled: true,
    ...(services.includes(name) ? { default_project_id: '<id:project:service>' } : {}),
    password_expires_at: null,
    options: {},
    links: { self: `http://127.0.0.1:5000/v3/users/<id:user:${name}>` },
  }))
}

function onSystem(actor: string, byMembership = false): unknown {
  const base = 'http://127.0.0.1:5000/v3'
  return {
    links: {
      assignment: `${base}/system/${actor}/roles/<id:role:reader>`,
      ...(byMembership ? { membership: `${base}/${actor}/users/<id:user:gu>` } : {}),
    },
    scope: { system: { all: true } },
    user: { id: '<id:user:gu>' },
    role: { id: '<id:role:reader>' },
  }
}
