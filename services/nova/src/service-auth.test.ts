import assert from 'node:assert/strict'
import { test } from 'node:test'
import { contextAuth, Session, type AuthPlugin } from '@longhaul/keystoneauth'
import { FakeKeystone } from '@longhaul/keystoneauth/testing'
import type { RequestContext } from '@longhaul/oslo/context'
import { Config } from '@longhaul/oslo-config'
import { serviceAuth, type ServiceAuthOptions, type Target } from './service-auth.ts'
import { loadServiceUsers } from './service-users.ts'

const context: RequestContext = {
  authToken: 'user',
  userId: 'u',
  userName: 'u',
  userDomainId: 'default',
  projectId: 'p',
  isAdminProject: true,
  roles: [],
  serviceRoles: [],
  requestId: 'req-1',
}
const session = new Session({})
const holding = (token: string) => contextAuth({ token })
const admin = { image: holding('glance'), volume: holding('cinder'), network: holding('neutron') }
const on = { sendServiceUserToken: true, auth: holding('nova') }
const off = { sendServiceUserToken: false }

/** Both tokens of a call. */
async function sent(auth: AuthPlugin | undefined) {
  const { 'X-Auth-Token': user, 'X-Service-Token': service } = (await auth?.getHeaders(session)) ?? {}
  return [user, service]
}

function tokens(options: Partial<ServiceAuthOptions> = {}) {
  const auth = serviceAuth({ serviceUsers: () => on, admin, serviceTokenWithAdmin: true, ...options })
  return {
    user: (target: Target) => sent(auth.forUser(target, context)),
    nova: (target: Target) => sent(auth.forNova(target)),
  }
}

test('with the token of a user goes that of nova, but not to Keystone', async () => {
  const { user } = tokens()
  for (const target of ['image', 'volume', 'network'] as const) {
    assert.deepEqual(await user(target), ['user', 'nova'])
    assert.deepEqual(await tokens({ serviceUsers: () => off }).user(target), ['user', undefined])
  }
  assert.deepEqual(await user('identity'), ['user', undefined])
})

test('with credentials of nova a service token goes to Neutron as its section says, and to Cinder always', async () => {
  assert.deepEqual(await tokens().nova('network'), ['neutron', 'nova'])
  assert.deepEqual(await tokens().nova('volume'), ['cinder', 'nova'])
  assert.deepEqual(await tokens().nova('image'), ['glance', undefined])
  const before2023 = tokens({ serviceTokenWithAdmin: false })
  assert.deepEqual(await before2023.nova('network'), ['neutron', undefined])
  assert.deepEqual(await before2023.user('network'), ['user', 'nova'])
  const without = tokens({ serviceUsers: () => off })
  assert.deepEqual(await without.nova('network'), ['neutron', undefined])
  assert.deepEqual(await without.nova('volume'), ['cinder', 'cinder'])
  assert.deepEqual(await tokens({ admin: {} }).nova('network'), [undefined, undefined])
})

test('each target may have a service user of its own', async (t) => {
  const keystone = await FakeKeystone.start()
  t.after(() => keystone.close())
  const account = (name: string) =>
    `auth_type = password\nauth_url = ${keystone.url}\nusername = ${name}\npassword = secret\nuser_domain_id = default\n`
  const users = (enabled: boolean) =>
    loadServiceUsers(
      Config.parse(
        `[service_user]\nsend_service_user_token = ${enabled}\n${account('nova')}[service_user:cinder]\n${account('nova-for-cinder')}`,
      ),
      assert.fail,
    )
  const { user, nova } = tokens({ serviceUsers: users(true) })
  const loggedIn = () => JSON.stringify(keystone.calls.map(({ body }) => body).filter(Boolean))
  await user('volume')
  assert.match(loggedIn(), /"nova-for-cinder"/)
  assert.doesNotMatch(loggedIn(), /"nova"/, 'who steals this token has it for Cinder alone')
  const [, forImages] = await user('image')
  const [, forVolumes] = await user('volume')
  assert.match(loggedIn(), /"nova"/)
  assert.notEqual(forImages, forVolumes)
  assert.deepEqual(await nova('network'), ['neutron', forImages])
  assert.deepEqual(await tokens({ serviceUsers: users(false) }).user('volume'), ['user', undefined])
})
