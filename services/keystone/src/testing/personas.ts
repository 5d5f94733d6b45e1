import { onProject, onSystem, passwordOf, testKeystone, type Setup, type TestKeystone } from './keystone.ts'

/** Who asks. Domain and project are `home` and `house`, unless the name says another. */
export const personas = [
  'admin',
  'system-admin',
  'system-reader',
  'domain-admin',
  'domain-manager',
  'domain-reader',
  'other-domain-manager',
  'project-manager',
  'project-member',
  'project-reader',
  'service',
  'owner',
  'unscoped',
  'anonymous',
] as const
export type Persona = (typeof personas)[number]

/** A cloud with somebody of every kind. */
export interface Town extends TestKeystone {
  /** Domain of most people; `other` stands beside it. */
  home: string
  other: string
  /** Project in `home`. */
  house: string
  /** Ids of the roles by name. */
  roles: ReadonlyMap<string, string>
  /** Ids of the users. */
  users: ReadonlyMap<Persona, string>
  /** A new token; nothing for somebody unknown. */
  tokenOf: (persona: Persona) => Promise<string | undefined>
  /** Makes something as the administrator. @returns its id */
  make: (kind: string, input: Record<string, unknown>) => Promise<string>
}

type Place = 'home' | 'other' | 'house' | 'system'

const roleOf: Readonly<Partial<Record<Persona, readonly [role: string, on: Place]>>> = {
  'system-admin': ['admin', 'system'],
  'system-reader': ['reader', 'system'],
  'domain-admin': ['admin', 'home'],
  'domain-manager': ['manager', 'home'],
  'domain-reader': ['reader', 'home'],
  'other-domain-manager': ['manager', 'other'],
  'project-manager': ['manager', 'house'],
  'project-member': ['member', 'house'],
  'project-reader': ['reader', 'house'],
  service: ['service', 'house'],
  owner: ['member', 'house'],
  unscoped: ['admin', 'house'],
}

/** Starts the service and lets them move in. */
export async function startTown(setup: Setup = {}): Promise<Town> {
  const keystone = await testKeystone(setup)
  const { call, login } = keystone
  const admin = async (method: 'PUT' | 'POST' | 'GET', path: string, body?: unknown) => {
    const answer = await call(method, path, { token: await login('admin', onProject('admin')), body })
    if (answer.statusCode >= 300) throw new Error(`${method} ${path}: ${answer.statusCode} ${answer.body}`)
    return answer
  }
  const make: Town['make'] = async (kind, input) => {
    const answer = await admin('POST', `/v3/${kind}s`, { [kind]: input })
    return answer.json<Record<string, { id: string }>>()[kind]!.id
  }
  const home = await make('domain', { name: 'home' })
  const other = await make('domain', { name: 'other' })
  const house = await make('project', { name: 'house', domain_id: home })
  const listed = (await admin('GET', '/v3/roles')).json<{ roles: { id: string; name: string }[] }>()
  const roles = new Map(listed.roles.map(({ id, name }) => [name, id]))
  const paths = {
    home: `domains/${home}`,
    other: `domains/${other}`,
    house: `projects/${house}`,
    system: 'system',
  }
  const users = new Map<Persona, string>()
  for (const [name, [role, on]] of Object.entries(roleOf) as [Persona, readonly [string, Place]][]) {
    const domain_id = on === 'other' ? other : on === 'system' ? 'default' : home
    users.set(name, await make('user', { name, domain_id, password: passwordOf(name) }))
    await admin('PUT', `/v3/${paths[on]}/users/${users.get(name)}/roles/${roles.get(role)}`)
  }
  const scopes = {
    home: { domain: { id: home } },
    other: { domain: { id: other } },
    house: { project: { id: house } },
    system: onSystem,
  }
  return {
    ...keystone,
    home,
    other,
    house,
    roles,
    users,
    make,
    tokenOf(persona) {
      if (persona === 'anonymous') return Promise.resolve(undefined)
      if (persona === 'admin') return login('admin', onProject('admin'))
      const [, on] = roleOf[persona]!
      const scope = persona === 'unscoped' ? 'unscoped' : scopes[on]
      return login(persona, scope, on === 'other' ? other : on === 'system' ? 'default' : home)
    },
  }
}
