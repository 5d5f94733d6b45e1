import { Revision } from '../revision.ts'
import { Marks } from './marks.ts'
import {
  onProject,
  onSystem,
  passwordOf,
  testKeystone,
  type Answer,
  type Method,
  type Setup,
  type TestKeystone,
} from './keystone.ts'

/** The cloud that the recordings were made with. */
export interface Lab extends TestKeystone {
  /** A new token, as the recordings name it; a name that they do not know is a user's, on the project demo. */
  token: (name: string) => Promise<string>
  /** The ids of what the cloud began with. */
  marks: () => Promise<Marks>
  /** A call of the administrator that must succeed. */
  admin: (method: Method, path: string, body?: unknown) => Promise<Answer>
  /** The id of what has this name. */
  id: (kind: Kind, name: string) => Promise<string>
  /** A new user of the default domain with roles on a project. @returns its id */
  user: (name: string, project?: string, roles?: readonly string[]) => Promise<string>
  /** Gives a role on a project, or takes it away. */
  grant: (user: string, project: string, role: string, method?: 'PUT' | 'DELETE') => Promise<void>
  change: (kind: Kind, name: string, input: Record<string, unknown>) => Promise<void>
}

export type Kind = 'project' | 'user' | 'role' | 'service' | 'domain' | 'group'

const actors: Record<string, readonly [user: string, scope?: object | 'unscoped']> = {
  a: ['demo', onProject('demo')],
  c: ['demo', onProject('demo')],
  admin: ['admin', onProject('admin')],
  'admin-system': ['admin', onSystem],
  'admin-unscoped': ['admin', 'unscoped'],
  demo: ['demo', onProject('demo')],
  'demo-revoked': ['demo', onProject('demo')],
  'demo-domain': ['demo', { domain: { id: 'default' } }],
  'demo-unscoped': ['demo', 'unscoped'],
  nova: ['nova', onProject('service')],
  other: ['other', onProject('other')],
  plainsvc: ['plainsvc', onProject('service')],
}

/** Users with the project and role that each has. */
const users: readonly (readonly [name: string, project: string, role: string])[] = [
  ...['nova', 'cinder', 'glance', 'neutron'].map((name) => [name, 'service', 'service'] as const),
  ['demo', 'demo', 'member'],
  ['other', 'other', 'member'],
  ['plainsvc', 'service', 'member'],
]

const services = [
  ['nova', 'compute', 'http://127.0.0.1:8774/v2.1'],
  ['cinderv3', 'volumev3', 'http://127.0.0.1:8776/v3/$(project_id)s'],
  ['glance', 'image', 'http://127.0.0.1:9292'],
  ['neutron', 'network', 'http://127.0.0.1:9696'],
] as const

/** Starts the service and puts projects, users, roles and catalog of the recordings in. */
export async function startLab(setup: Setup = {}): Promise<Lab> {
  const keystone = await testKeystone(setup)
  const lab = withActors(keystone)
  if (!setup.beside) {
    await asRelease22(keystone)
    await seed(lab)
  }
  return lab
}

function withActors(keystone: TestKeystone): Lab {
  const { call, login } = keystone
  const admin: Lab['admin'] = async (method, path, body) => {
    const token = await login('admin', onProject('admin'))
    const answer = await call(method, path, { token, body })
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${answer.body}`)
    return answer
  }
  const list = async (plural: string, query = '') =>
    (await admin('GET', `/v3/${plural}${query}`)).json<Record<string, Named[]>>()[plural]!
  const id: Lab['id'] = async (kind, name) => {
    const [found] = await list(`${kind}s`, `?name=${name}`)
    if (!found) throw new Error(`there is no ${kind} ${name}`)
    return found.id
  }
  const grant: Lab['grant'] = async (user, project, role, method = 'PUT') => {
    const [userId, projectId, roleId] = [
      await id('user', user),
      await id('project', project),
      await id('role', role),
    ]
    await admin(method, `/v3/projects/${projectId}/users/${userId}/roles/${roleId}`)
  }
  return {
    ...keystone,
    admin,
    id,
    grant,
    async token(name) {
      const [user, scope] = actors[name] ?? [name.replace(/-short$/, ''), onProject('demo')]
      const text = await login(user, scope)
      if (name.endsWith('-revoked')) await call('DELETE', '/v3/auth/tokens', { token: text, subject: text })
      return text
    },
    async marks() {
      const marks = new Marks()
      for (const kind of ['project', 'user', 'role', 'service']) {
        for (const { id, name } of await list(`${kind}s`)) marks.set(`<id:${kind}:${name}>`, id)
      }
      const names = new Map((await list('services')).map(({ id, name }) => [id, name]))
      for (const { id, service_id, interface: side } of await list('endpoints'))
        marks.set(`<id:endpoint:${names.get(service_id!)}:${side}>`, id)
      return marks
    },
    async user(name, project, roles = []) {
      const user = { name, domain_id: 'default', password: passwordOf(name) }
      const made = await admin('POST', '/v3/users', { user })
      for (const role of roles) await grant(name, project!, role)
      return made.json<{ user: Named }>().user.id
    },
    async change(kind, name, input) {
      await admin('PATCH', `/v3/${kind}s/${await id(kind, name)}`, { [kind]: input })
    },
  }
}

interface Named {
  id: string
  name: string
  service_id?: string
  interface?: string
}

// Release 22 knows no manager, and its role `service` can be changed.
async function asRelease22({ database }: TestKeystone): Promise<void> {
  await new Revision(database).write(async (trx) => {
    const ids = new Map(
      (await trx.selectFrom('roles').select(['id', 'name']).execute()).map((r) => [r.name, r.id]),
    )
    await trx.deleteFrom('implied_roles').execute()
    for (const [prior, implied] of [
      ['admin', 'member'],
      ['member', 'reader'],
    ] as const)
      await trx
        .insertInto('implied_roles')
        .values({ prior_role_id: ids.get(prior)!, implied_role_id: ids.get(implied)! })
        .execute()
    await trx.deleteFrom('roles').where('name', '=', 'manager').execute()
    await trx.updateTable('roles').set({ options: '{}' }).where('name', '=', 'service').execute()
  })
}

async function seed({ admin, id, user, change }: Lab): Promise<void> {
  for (const name of ['service', 'demo', 'other'])
    await admin('POST', '/v3/projects', { project: { name, domain_id: 'default' } })
  const default_project_id = await id('project', 'service')
  for (const [name, project, role] of users) {
    await user(name, project, [role])
    if (role === 'service') await change('user', name, { default_project_id })
  }
  const [demo, reader] = [await id('user', 'demo'), await id('role', 'reader')]
  await admin('PUT', `/v3/domains/default/users/${demo}/roles/${reader}`)
  for (const [name, type, url] of services) {
    await admin('POST', '/v3/services', { service: { name, type } })
    const service_id = await id('service', name)
    for (const side of ['public', 'internal', 'admin'])
      await admin('POST', '/v3/endpoints', {
        endpoint: { service_id, interface: side, url, region_id: 'RegionOne' },
      })
  }
}
