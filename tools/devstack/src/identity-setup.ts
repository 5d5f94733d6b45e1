import type { Session } from '@longhaul/keystoneauth'
import { password, type AuthPlugin } from '@longhaul/keystoneauth'
import type { CloudRecord } from './cloud-record.ts'
import { regionName, type ServiceUser } from './config-files.ts'
import { identityUrl, urlOf } from './endpoints.ts'

interface Named {
  id: string
  name: string
}

/** What exists in Keystone after {@link setUpIdentity}. */
export interface IdentitySetup {
  demoProject: Named
}

/** Roles of each service user in the project `service`, as DevStack gives them; `nova-compute` and `neutron-l2-agent` guard inner interfaces. */
const serviceUsers: Record<ServiceUser, readonly string[]> = {
  nova: ['service', 'admin', 'nova-compute'],
  glance: ['service', 'admin'],
  cinder: ['service'],
  neutron: ['service'],
  'neutron-l2-agent': ['neutron-l2-agent'],
}

/**
 * Credentials of a user of this cloud, for the session of a client.
 *
 * @param options.authUrl default: of the cloud's Keystone
 * @param options.project default: the one that is named like the user
 */
export function userAuth(
  record: CloudRecord,
  user: 'admin' | 'demo',
  { authUrl = identityUrl(record), project = user }: { authUrl?: string; project?: string } = {},
): AuthPlugin {
  return password({
    authUrl,
    username: user,
    password: record.passwords[user],
    userDomainName: 'Default',
    projectName: project,
    projectDomainName: 'Default',
  })
}

/** Makes projects, roles, users, grants, services and endpoints that are missing; what exists is left alone. */
export async function setUpIdentity(
  record: CloudRecord,
  session: Session,
  admin: AuthPlugin,
): Promise<IdentitySetup> {
  const identity = new Identity(session, admin, identityUrl(record))
  const service = await identity.ensure('projects', 'project', { name: 'service', domain_id: 'default' })
  const demoProject = await identity.ensure('projects', 'project', { name: 'demo', domain_id: 'default' })
  await Promise.all([
    ...Object.entries(serviceUsers).map(([user, roles]) =>
      identity.ensureUser(user, record.passwords[user as ServiceUser], service, roles),
    ),
    identity.ensureUser('demo', record.passwords.demo, demoProject, ['member']),
    identity.ensureUser('admin', record.passwords.admin, demoProject, ['admin']),
  ])
  const { ports } = record
  await Promise.all([
    identity.ensureEndpoints('glance', 'image', urlOf(record, ports.glance)),
    // The type that clients of every age look for; the newer ones know it as another name of block-storage.
    identity.ensureEndpoints('cinderv3', 'volumev3', urlOf(record, ports.cinder, '/v3/$(project_id)s')),
    identity.ensureEndpoints('neutron', 'network', urlOf(record, ports.neutron)),
    identity.ensureEndpoints('nova', 'compute', urlOf(record, ports.nova, '/v2.1')),
  ])
  return { demoProject }
}

/** What shall exist in a Keystone: each call makes what is missing and leaves alone what exists. */
export class Identity {
  readonly #session: Session
  readonly #auth: AuthPlugin
  readonly #url: string
  readonly #roles = new Map<string, Promise<Named>>()

  /** @param auth of an administrator @param url of the Keystone, with /v3 */
  constructor(session: Session, auth: AuthPlugin, url: string) {
    this.#session = session
    this.#auth = auth
    this.#url = url
  }

  async #call<T>(method: string, path: string, json?: unknown): Promise<T | undefined> {
    const answer = await this.#session.request(`${this.#url}${path}`, { method, auth: this.#auth, json })
    return answer.status === 204 ? undefined : await answer.json<T>()
  }

  /** The resource with that name, made if it is missing. */
  async ensure(
    plural: string,
    singular: string,
    wanted: Record<string, unknown> & { name: string },
  ): Promise<Named> {
    const listed = await this.#call<Record<string, Named[]>>(
      'GET',
      `/${plural}?name=${encodeURIComponent(wanted.name)}`,
    )
    const found = listed?.[plural]?.find((entry) => entry.name === wanted.name)
    if (found) return found
    const made = await this.#call<Record<string, Named>>('POST', `/${plural}`, { [singular]: wanted })
    return made![singular]!
  }

  /** A user of the default domain with roles on a project. */
  async ensureUser(name: string, secret: string, project: Named, roles: readonly string[]): Promise<Named> {
    const user = await this.ensure('users', 'user', { name, domain_id: 'default', password: secret })
    for (const roleName of roles) {
      const role = await this.#role(roleName)
      await this.#call('PUT', `/projects/${project.id}/users/${user.id}/roles/${role.id}`)
    }
    return user
  }

  // Several users have the same, at the same time.
  #role(name: string): Promise<Named> {
    let role = this.#roles.get(name)
    if (!role) this.#roles.set(name, (role = this.ensure('roles', 'role', { name })))
    return role
  }

  async ensureRegion(id: string): Promise<void> {
    const listed = await this.#call<{ regions: { id: string }[] }>('GET', '/regions')
    if (listed!.regions.some((region) => region.id === id)) return
    await this.#call('POST', '/regions', { region: { id } })
  }

  /** A service with an endpoint of each interface in a region that exists. */
  async ensureEndpoints(name: string, type: string, url: string, region = regionName): Promise<void> {
    const service = await this.ensure('services', 'service', { name, type })
    const listed = await this.#call<{ endpoints: { id: string; interface: string; url: string }[] }>(
      'GET',
      `/endpoints?service_id=${service.id}&region_id=${region}`,
    )
    for (const side of ['public', 'internal', 'admin']) {
      const found = listed!.endpoints.find((endpoint) => endpoint.interface === side)
      const endpoint = { service_id: service.id, interface: side, url, region_id: region }
      if (!found) await this.#call('POST', '/endpoints', { endpoint })
      else if (found.url !== url) await this.#call('PATCH', `/endpoints/${found.id}`, { endpoint: { url } })
    }
  }
}
