// Debian's python3-openstacksdk, unmodified, beside loadCloud: the same files and variables lead to the same login,
// and to the same endpoints, found the same way.
import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test } from 'node:test'
import { promisify } from 'node:util'
import { loadCloud, type CloudRegion, type Session } from '@longhaul/keystoneauth'
import { fakeKeystone } from '@longhaul/keystoneauth/testing'
import { needPackages } from './debian.ts'

interface Case {
  name: string
  /** What stands under `clouds`; absent: no file. */
  clouds?: object
  secure?: object
  publicClouds?: object
  env?: Record<string, string>
  /** The token has no catalog; such cases come last. */
  unscoped?: boolean
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
  {
    name: 'interfaces in order of preference',
    clouds: {
      a: {
        auth: { user_id: 'u', password: 'p', project_id: 'x' },
        interface: ['internal', 'public'],
        identity_interface: ['admin'],
        volume_endpoint_type: 'adminURL',
      },
    },
  },
  {
    name: 'tries for all services, and for one',
    clouds: {
      a: {
        auth: { user_id: 'u', password: 'p', project_id: 'x' },
        connect_retries: 3,
        'block-storage_connect_retries': '4',
        status_code_retries: '2',
        compute_status_code_retries: 0,
      },
    },
  },
  {
    name: 'a service under another name and in another region',
    clouds: {
      a: {
        auth: { user_id: 'u', password: 'p', project_id: 'x' },
        regions: [{ name: 'R', values: { 'volumev3-service-name': 'cinder', compute_region_name: 'R2' } }],
        block_storage_endpoint_override: 'http://{region_name}.volumes/v3',
        compute_service_type: 'compute-legacy',
        compute_api_timeout: 7,
      },
    },
  },
  {
    name: 'no scope',
    clouds: { a: { auth: { user_id: 'u', password: 'p' } } },
    unscoped: true,
  },
]

// Not image: openstacksdk tries its statuses again by default. Not network: it adds v2.0 to that endpoint.
const services = ['identity', 'compute', 'block-storage', 'key-manager']
const catalog = ['identity', 'compute', 'volumev3', 'compute-legacy', 'key-manager'].map((type) => ({
  type,
  name: type === 'volumev3' ? 'cinder' : type,
  endpoints: ['R', 'R2', 'R9'].flatMap((region) =>
    ['admin', 'internal', 'public']
      .filter((side) => type !== 'key-manager' || side !== 'internal')
      .map((side) => ({
        interface: side,
        region_id: region,
        region,
        url: `http://${type}.${side}.${region}/v3`,
      })),
  ),
}))

test('Files and variables lead to the login and the endpoints that they lead the original to', async (t) => {
  await needPackages('python3-openstacksdk')
  const keystone = await fakeKeystone({ login: { catalog } })
  const withoutCatalog = await fakeKeystone({ login: { catalog: [] } })
  const root = mkdtempSync(join(tmpdir(), 'longhaul-clouds-'))
  t.after(async () => {
    await keystone.close()
    await withoutCatalog.close()
    rmSync(root, { recursive: true })
  })
  const filled = <T>(value: T) =>
    JSON.parse(
      JSON.stringify(value ?? {})
        .replaceAll('"URL"', `"${keystone.url}"`)
        .replaceAll('ROOT', keystone.rootUrl),
    ) as T
  const places = cases.map(({ name, clouds, secure, publicClouds, env, unscoped }, index) => {
    const folder = join(root, String(index))
    mkdirSync(folder)
    const write = (file: string, key: string, value: object | undefined) =>
      value && writeFileSync(join(folder, file), JSON.stringify({ [key]: filled(value) }))
    const { url } = unscoped ? withoutCatalog : keystone
    write('clouds.yaml', 'clouds', clouds && withUrl(clouds, publicClouds ? undefined : url))
    write('secure.yaml', 'clouds', secure)
    write('clouds-public.yaml', 'public-clouds', publicClouds)
    return { name, folder, env: filled(env ?? {}) }
  })
  const logins = () =>
    [keystone, withoutCatalog].flatMap(({ calls }) =>
      calls.splice(0).flatMap((call) => (call.method === 'POST' ? [call.body] : [])),
    )

  const ours = []
  for (const { folder, env } of places) {
    const cloud = await loadCloud({ around: { env, cwd: folder, home: folder } })
    const session = cloud.createSession()
    const found = []
    for (const type of services) found.push([type, await serviceOf(cloud, session, type)] as const)
    await session.close()
    ours.push({ name: cloud.name, regionName: cloud.regionName ?? null, services: Object.fromEntries(found) })
  }
  const ourLogins = logins()
  writeFileSync(join(root, 'cases.json'), JSON.stringify(places))
  const script = join(import.meta.dirname, 'openstacksdk-logins.py')
  const { stdout } = await promisify(execFile)('/usr/bin/python3', [
    script,
    join(root, 'cases.json'),
    ...services,
  ])
  const theirs = JSON.parse(stdout) as unknown[]
  const theirLogins = logins()
  assert.equal(theirLogins.length, cases.length)
  for (const [index, { name }] of cases.entries()) {
    assert.deepEqual(ourLogins[index], theirLogins[index], name)
    assert.deepEqual(ours[index], theirs[index], name)
  }
})

/** As the original tells it: `public` is what it does without a value. */
async function serviceOf(cloud: CloudRegion, session: Session, type: string) {
  const options = cloud.serviceOptions(type)
  const endpoint = await cloud
    .createAdapter(session, type)
    .getEndpoint()
    .catch((error: Error) => error.name)
  return {
    serviceType: options.serviceType ?? null,
    serviceName: options.serviceName ?? null,
    interfaces: options.validInterfaces ?? ['public'],
    regionName: options.regionName ?? null,
    connectRetries: options.connectRetries ?? null,
    statusCodeRetries: options.statusCodeRetries ?? null,
    endpoint,
  }
}

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
