// Debian's python3-openstacksdk, unmodified, beside loadCloud: the same files and variables lead to the same login.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { loadCloud } from '@longhaul/keystoneauth'
import { fakeKeystone } from '@longhaul/keystoneauth/testing'
import { needPackages } from './debian.ts'

interface Case {
  name: string
  /** What stands under `clouds`; absent: no file. */
  clouds?: object
  secure?: object
  publicClouds?: object
  env?: Record<string, string>
}

const user = { username: 'u', password: 'p' }
const domains = { user_domain_name: 'D', project_domain_name: 'E' }

/** `URL` and `ROOT` stand for those of Keystone, with and without its version. */
const cases: readonly Case[] = [
  {
    name: 'a project',
    clouds: { a: { auth: { ...user, ...domains, project_name: 'x' }, region_name: 'R' } },
  },
  { name: 'one domain for both', clouds: { a: { auth: { ...user, domain_name: 'D', project_name: 'x' } } } },
  {
    name: 'one domain beside another',
    clouds: { a: { auth: { ...user, domain_id: 'D', user_domain_id: 'F', project_id: 'x' } } },
  },
  {
    name: 'a domain as scope',
    clouds: { a: { auth: { ...user, user_domain_name: 'D', domain_name: 'D' } } },
  },
  {
    name: 'options outside of auth, with dashes',
    clouds: {
      a: { auth: { ...user, 'user-domain-name': 'D' }, 'project-name': 'x', project_domain_id: 'z' },
    },
  },
  { name: 'names of old', clouds: { a: { auth: { ...user, ...domains, tenant_name: 'x' } } } },
  { name: 'the system', clouds: { a: { auth: { user_id: 'u', password: 'p', system_scope: 'all' } } } },
  { name: 'a trust', clouds: { a: { auth: { ...user, user_domain_id: 'd', trust_id: 't' } } } },
  {
    name: 'secrets in a file of their own',
    clouds: { a: { auth: { user_id: 'u', project_id: 'x' }, interface: 'internal' } },
    secure: { a: { auth: { password: 's', project_id: 'other' } } },
  },
  {
    name: 'an application credential',
    clouds: {
      a: {
        auth_type: 'v3applicationcredential',
        auth: { application_credential_id: 'i', application_credential_secret: 's' },
      },
    },
  },
  {
    name: 'a default domain',
    clouds: { a: { auth: { ...user, project_name: 'x', default_domain_id: 'dd' } } },
  },
  {
    name: 'a profile with regions',
    clouds: { a: { profile: 'v', auth: { ...user, project_name: 'x' } } },
    publicClouds: {
      v: {
        auth: { auth_url: 'ROOT/{region_name}', ...domains, username: 'hidden' },
        interface: 'internal',
        regions: [{ name: 'v3', values: { interface: 'admin' } }, 'other'],
      },
    },
  },
  { name: 'numbers', clouds: { a: { auth: { user_id: 123, password: 456, project_id: 789 } } } },
  {
    name: 'a passcode',
    clouds: { a: { auth_type: 'v3totp', auth: { username: 'u', user_domain_id: 'd', passcode: '000123' } } },
  },
  {
    name: 'several methods',
    clouds: {
      a: {
        auth_type: 'v3multifactor',
        auth_methods: ['v3password', 'v3totp'],
        auth: { ...user, user_domain_id: 'd', passcode: '000123', project_id: 'x' },
      },
    },
  },
  {
    name: 'OS_CLOUD, which mixes no variables in',
    clouds: { a: { auth: { user_id: 'of the file', password: 'p' } }, b: { auth_type: 'none' } },
    env: { OS_CLOUD: 'a', OS_USER_ID: 'of the variable', OS_PASSWORD: 'q' },
  },
  {
    name: 'variables',
    env: {
      OS_AUTH_URL: 'URL',
      OS_USERNAME: 'u',
      OS_PASSWORD: 'p',
      OS_PROJECT_NAME: 'x',
      OS_USER_DOMAIN_NAME: 'D',
      OS_PROJECT_DOMAIN_ID: 'E',
      OS_REGION_NAME: 'R9',
      OS_INTERFACE: 'admin',
      OS_IDENTITY_API_VERSION: '3',
    },
  },
  {
    name: 'a token in variables',
    env: { OS_AUTH_URL: 'URL', OS_AUTH_TYPE: 'token', OS_TOKEN: 't', OS_PROJECT_ID: 'x' },
  },
]

test('Files and variables lead to the login that they lead the original to', async (t) => {
  await needPackages('python3-openstacksdk')
  const keystone = await fakeKeystone()
  const root = mkdtempSync(join(tmpdir(), 'longhaul-clouds-'))
  t.after(async () => {
    await keystone.close()
    rmSync(root, { recursive: true })
  })
  const filled = <T>(value: T) =>
    JSON.parse(
      JSON.stringify(value ?? {})
        .replaceAll('"URL"', `"${keystone.url}"`)
        .replaceAll('ROOT', keystone.rootUrl),
    ) as T
  const places = cases.map(({ name, clouds, secure, publicClouds, env }, index) => {
    const folder = join(root, String(index))
    mkdirSync(folder)
    const write = (file: string, key: string, value: object | undefined) =>
      value && writeFileSync(join(folder, file), JSON.stringify({ [key]: filled(value) }))
    write('clouds.yaml', 'clouds', clouds && withUrl(clouds, publicClouds ? undefined : keystone.url))
    write('secure.yaml', 'clouds', secure)
    write('clouds-public.yaml', 'public-clouds', publicClouds)
    return { name, folder, env: filled(env ?? {}) }
  })
  const logins = () => keystone.calls.splice(0).flatMap((call) => (call.method === 'POST' ? [call.body] : []))

  const ours = []
  for (const { folder, env } of places) {
    const cloud = await loadCloud({ around: { env, cwd: folder, home: folder } })
    const session = cloud.createSession()
    await cloud.auth.getToken(session)
    await session.close()
    ours.push([cloud.name, cloud.regionName ?? null])
  }
  const ourLogins = logins()
  writeFileSync(join(root, 'cases.json'), JSON.stringify(places))
  const script = join(import.meta.dirname, 'openstacksdk-logins.py')
  const { stdout } = await promisify(execFile)('/usr/bin/python3', [script, join(root, 'cases.json')])
  const theirs = JSON.parse(stdout) as [string, string | null, string][]
  const theirLogins = logins()
  assert.equal(theirLogins.length, cases.length)
  for (const [index, { name }] of cases.entries()) {
    assert.deepEqual(ourLogins[index], theirLogins[index], name)
    assert.deepEqual(ours[index], theirs[index]?.slice(0, 2), name)
  }
})

/** Every cloud with the URL of Keystone, if a profile does not bring it. */
function withUrl(clouds: object, url: string | undefined): object {
  const entries = Object.entries(clouds as Record<string, { auth?: object }>)
  return Object.fromEntries(
    entries.map(([name, cloud]) => [
      name,
      { ...cloud, ...(cloud.auth ? { auth: { ...(url ? { auth_url: url } : {}), ...cloud.auth } } : {}) },
    ]),
  )
}
