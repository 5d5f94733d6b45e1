import { randomUUID } from 'node:crypto'
import { password, Session } from '@longhaul/keystoneauth'
import { regionName, type Sections } from '../../tools/devstack/src/config-files.ts'
import { Identity } from '../../tools/devstack/src/identity-setup.ts'
import { freePort } from '@longhaul/oslo/concurrency'
import { issue, onProject, revoke, untilNotFound } from './identity-client.ts'
import { usualTimes, type KeystonePeer } from './keystone-peer.ts'

/** Tokens in the states of the recorded matrix. They stay in their states for the hour that the valid ones live. */
export interface TokenStates {
  /** By `user_token` of a cell; undefined: none is sent. */
  user: Readonly<Record<string, string | undefined>>
  /** By `service_token` of a cell. */
  service: Readonly<Record<string, string | undefined>>
  /** The region of the identity endpoint that sees a user's token in its state. */
  regionFor: (userToken: string) => string
  /** Section [keystone_authtoken] of an application that validates them and remembers nothing. */
  configuration: Sections
  /** Of a project or user. */
  id: (kind: string, name: string) => string
}

const outOfWindow = 'expired, out of the window'
// The end of the window is a matter of the Keystone that is asked, so one with a short window stands beside the usual one.
const brief = { expiration: 1, window: 1 }
const briefRegion = 'Brief'

/** The services of the recording; `keystone` is there already. */
const catalog = [
  ['nova', 'compute', 'http://127.0.0.1:8774/v2.1'],
  ['glance', 'image', 'http://127.0.0.1:9292'],
  ['neutron', 'network', 'http://127.0.0.1:9696'],
  ['cinderv3', 'volumev3', 'http://127.0.0.1:8776/v3/$(project_id)s'],
] as const

/** Starts a Keystone with the persons of the recording, and brings tokens into each state by its API. */
export async function makeTokenStates(keystone: KeystonePeer): Promise<TokenStates> {
  const secret = randomUUID()
  const port = await freePort()
  await keystone.bootstrap(`http://127.0.0.1:${port}/v3`, secret)
  const url = await keystone.start('keystone', usualTimes, port)
  const briefUrl = await keystone.start('keystone-brief', brief)
  const ids = await makePersons(url, briefUrl, secret)
  const login = (user: string, at = url) =>
    issue(at, { user, password: secret, scope: onProject(user === 'demo' ? 'demo' : 'service') })

  const expired = { user: await login('demo', briefUrl), service: await login('nova', briefUrl) }
  const revoked = await login('demo')
  const admin = await issue(url, { user: 'admin', password: secret, scope: onProject('admin') })
  await revoke(url, admin, revoked)
  for (const token of Object.values(expired)) {
    await untilNotFound(url, admin, token)
    await untilNotFound(briefUrl, admin, token, true)
  }
  return {
    user: {
      valid: await login('demo'),
      'expired, in the window': expired.user,
      [outOfWindow]: expired.user,
      revoked,
      garbage: 'garbage-user',
      absent: undefined,
    },
    service: {
      'valid with role': await login('nova'),
      'valid without role': await login('plainsvc'),
      expired: expired.service,
      garbage: 'garbage-service',
      absent: undefined,
    },
    regionFor: (userToken) => (userToken === outOfWindow ? briefRegion : regionName),
    configuration: {
      keystone_authtoken: {
        www_authenticate_uri: 'http://127.0.0.1:5000',
        auth_type: 'password',
        auth_url: url,
        username: 'glance',
        password: secret,
        user_domain_id: 'default',
        project_name: 'service',
        project_domain_id: 'default',
        service_token_roles: 'service',
        token_cache_time: -1,
      },
    },
    id: (kind, name) => ids.get(`${kind}:${name}`) ?? `no id of ${kind} ${name}`,
  }
}

/** @returns ids, by `kind:name` */
async function makePersons(url: string, briefUrl: string, secret: string): Promise<Map<string, string>> {
  const session = new Session({ userAgent: 'longhaul', timeout: 60 })
  const domain = { userDomainId: 'default', projectDomainId: 'default' }
  const admin = password({
    authUrl: url,
    username: 'admin',
    password: secret,
    projectName: 'admin',
    ...domain,
  })
  const identity = new Identity(session, admin, url)
  const ids = new Map<string, string>()
  try {
    const project = async (name: string) => {
      const made = await identity.ensure('projects', 'project', { name, domain_id: 'default' })
      ids.set(`project:${name}`, made.id)
      return made
    }
    const [demo, service] = [await project('demo'), await project('service')]
    const persons = [
      ['demo', demo, 'member'],
      ['nova', service, 'service'],
      ['plainsvc', service, 'member'],
      ['glance', service, 'service'],
    ] as const
    for (const [name, where, role] of persons) {
      const { id } = await identity.ensureUser(name, secret, where, [role])
      ids.set(`user:${name}`, id)
    }
    for (const [name, type, at] of catalog) await identity.ensureEndpoints(name, type, at)
    await identity.ensureRegion(briefRegion)
    await identity.ensureEndpoints('keystone', 'identity', briefUrl, briefRegion)
  } finally {
    await session.close()
  }
  return ids
}
