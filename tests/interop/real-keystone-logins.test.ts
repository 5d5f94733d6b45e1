// Every way to log in that keystoneauth has, at OpenStack's own Keystone.
import assert from 'node:assert/strict'
import { createHmac, randomBytes } from 'node:crypto'
import { after, before, describe, test } from 'node:test'
import {
  Adapter,
  applicationCredential,
  MissingAuthMethods,
  multifactor,
  password,
  passwordMethod,
  Session,
  token,
  totp,
  totpMethod,
  Unauthorized,
  type AuthPlugin,
} from '@longhaul/keystoneauth'
import { freePort } from '@longhaul/oslo/concurrency'
import { usualTimes } from './keystone-peer.ts'
import { RealKeystone } from './real-keystone.ts'

const secret = 'a password of the test'
const inDefault = { userDomainId: 'default' }

describe('the plugins of keystoneauth at the original Keystone', () => {
  let real: RealKeystone
  let session: Session
  let authUrl: string
  let admin: Adapter
  let projectId: string

  const projectOf = () => ({ projectName: 'admin', projectDomainId: 'default' })
  const adminLogin = (scope: object = projectOf()) =>
    password({ authUrl, username: 'admin', ...inDefault, password: secret, ...scope })
  const accessOf = async (auth: AuthPlugin) => (await auth.getAccess!(session))!
  const created = async <T>(path: string, json: object, auth?: AuthPlugin) =>
    (await admin.post(path, { json, ...(auth ? { auth } : {}) })).json<T>()

  before(async () => {
    real = await RealKeystone.make()
    const port = await freePort()
    // Without its version, so that every login begins with discovery.
    authUrl = `http://127.0.0.1:${port}`
    await real.bootstrap(`${authUrl}/v3`, secret)
    await real.start('keystone', usualTimes, port)
    session = new Session()
    admin = new Adapter({ session, auth: adminLogin(), serviceType: 'identity', version: '3' })
    projectId = (await accessOf(adminLogin())).projectId!
  })
  after(async () => {
    await session?.close()
    await real?.stop()
  })

  /** A user with the role member on the project, and what is said of it. */
  async function member(name: string, options: object = {}): Promise<string> {
    const { user } = await created<{ user: { id: string } }>('/users', {
      user: { name, domain_id: 'default', password: secret, options },
    })
    const { roles } = await (
      await admin.get('/roles', { query: { name: 'member' } })
    ).json<{
      roles: { id: string }[]
    }>()
    await admin.put(`/projects/${projectId}/users/${user.id}/roles/${roles[0]!.id}`)
    return user.id
  }

  test('passwords, for every scope there is', async () => {
    const scopes: [object, (access: Awaited<ReturnType<typeof accessOf>>) => boolean][] = [
      [projectOf(), ({ projectName }) => projectName === 'admin'],
      [{ systemScope: 'all' }, ({ isSystemScoped }) => isSystemScoped],
      [{ unscoped: true }, ({ data }) => data.project === undefined && data.roles === undefined],
    ]
    for (const [scope, fits] of scopes)
      assert.ok(fits(await accessOf(adminLogin(scope))), JSON.stringify(scope))
    await assert.rejects(accessOf(adminLogin({ domainId: 'default' })), Unauthorized, 'no role there')
  })

  test('a token is exchanged, and a login that was stored goes on', async () => {
    const first = adminLogin({ unscoped: true })
    const held = (await first.getToken(session))!
    const exchanged = await accessOf(token({ authUrl, token: held, projectId }))
    assert.deepEqual(exchanged.data.methods.toSorted(), ['password', 'token'])
    const restored = adminLogin({ unscoped: true })
    restored.setAuthState!(first.getAuthState!())
    assert.equal(await restored.getToken(session), held)
  })

  test('application credentials, by id and by name', async () => {
    const userId = await member('with-credential')
    const auth = password({ authUrl, userId, password: secret, projectId })
    const { application_credential: made } = await created<{
      application_credential: { id: string; secret: string }
    }>(`/users/${userId}/application_credentials`, { application_credential: { name: 'backup' } }, auth)
    const shared = { authUrl, applicationCredentialSecret: made.secret }
    const byId = await accessOf(applicationCredential({ ...shared, applicationCredentialId: made.id }))
    const byName = await accessOf(
      applicationCredential({ ...shared, applicationCredentialName: 'backup', userId }),
    )
    for (const access of [byId, byName]) {
      assert.deepEqual([access.userId, access.projectId], [userId, projectId])
      assert.equal(access.data.application_credential?.id, made.id)
    }
    const wrong = { ...shared, applicationCredentialSecret: 'another', applicationCredentialId: made.id }
    await assert.rejects(accessOf(applicationCredential(wrong)), Unauthorized)
  })

  test('trusts: the trustee works with the rights of the trustor', async () => {
    const [trustor, trustee] = [await member('trustor'), await member('trustee')]
    const auth = password({ authUrl, userId: trustor, password: secret, projectId })
    const { trust } = await created<{ trust: { id: string } }>(
      '/OS-TRUST/trusts',
      {
        trust: {
          trustor_user_id: trustor,
          trustee_user_id: trustee,
          project_id: projectId,
          impersonation: true,
          roles: [{ name: 'member' }],
        },
      },
      auth,
    )
    const access = await accessOf(password({ authUrl, userId: trustee, password: secret, trustId: trust.id }))
    assert.deepEqual([access.trustId, access.userId, access.projectId], [trust.id, trustor, projectId])
    assert.equal(access.data['OS-TRUST:trust']?.trustee_user.id, trustee)
  })

  test('one-time passcodes', async () => {
    const userId = await member('with-passcode')
    const passcode = await passcodes(userId)
    const access = await accessOf(totp({ authUrl, userId, passcode, projectId }))
    assert.deepEqual(access.data.methods, ['totp'])
    await assert.rejects(accessOf(totp({ authUrl, userId, passcode: '000000', projectId })), Unauthorized)
  })

  test('several methods, at once and with a receipt in between', async () => {
    const userId = await member('with-both', {
      multi_factor_auth_enabled: true,
      multi_factor_auth_rules: [['password', 'totp']],
    })
    const passcode = await passcodes(userId)
    const byPassword = passwordMethod({ userId, password: secret })
    const byPasscode = () => totpMethod({ userId, passcode })
    const both = multifactor({ authUrl, projectId, methods: [byPassword, byPasscode()] })
    assert.deepEqual((await accessOf(both)).data.methods.toSorted(), ['password', 'totp'])

    const alone = password({ authUrl, userId, password: secret, projectId })
    const missing = await accessOf(alone).then(
      () => assert.fail('a password was enough'),
      (error: unknown) => error,
    )
    assert.ok(missing instanceof MissingAuthMethods)
    assert.deepEqual([missing.methods, missing.missing], [['password'], ['totp']])
    assert.ok(missing.expiresAt.getTime() > Date.now())
    const later = multifactor({ authUrl, projectId, methods: [byPasscode()], receipt: missing.receipt })
    assert.equal((await accessOf(later)).userId, userId)

    const asked = multifactor({
      authUrl,
      projectId,
      methods: [byPassword],
      more: async (lacking) => (lacking.missing.includes('totp') ? [byPasscode()] : undefined),
    })
    assert.deepEqual((await accessOf(asked)).data.methods.toSorted(), ['password', 'totp'])
  })

  /** Gives a user a secret, and what makes passcodes of it. */
  async function passcodes(userId: string): Promise<() => string> {
    const key = randomBytes(20)
    await created('/credentials', { credential: { type: 'totp', user_id: userId, blob: base32(key) } })
    return () => passcodeOf(key, Date.now())
  }
})

/** RFC 6238, with six digits and thirty seconds. */
function passcodeOf(key: Buffer, milliseconds: number): string {
  const counter = Buffer.alloc(8)
  counter.writeBigUInt64BE(BigInt(Math.floor(milliseconds / 30_000)))
  const digest = createHmac('sha1', key).update(counter).digest()
  const number = digest.readUInt32BE(digest.at(-1)! & 0xf) & 0x7fffffff
  return String(number % 1_000_000).padStart(6, '0')
}

/** RFC 4648, for a whole number of groups. */
function base32(bytes: Buffer): string {
  const bits = [...bytes].map((byte) => byte.toString(2).padStart(8, '0')).join('')
  return bits.replaceAll(
    /[01]{5}/g,
    (group) => 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567'[Number.parseInt(group, 2)]!,
  )
}
