import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { stage } from '../../fixtures/stage.ts'
import {
  loadCloud,
  MissingRequiredOptions,
  OptionError,
  type CloudRegion,
  type LoadCloudOptions,
} from '../../index.ts'

type Env = Record<string, string>

/** A machine of its own with these files below `cwd`, `home` and so on. */
function machine(t: TestContext, files: Record<string, string>, env: Env = {}) {
  const root = mkdtempSync(join(tmpdir(), 'longhaul-clouds-'))
  t.after(() => rmSync(root, { recursive: true }))
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(root, path)), { recursive: true })
    writeFileSync(join(root, path), text)
  }
  const around = {
    env: { XDG_CONFIG_DIRS: join(root, 'xdg'), ...env },
    cwd: join(root, 'cwd'),
    home: join(root, 'home'),
    platform: 'linux',
  } as const
  return { root, load: (options: LoadCloudOptions = {}) => loadCloud({ around, ...options }) }
}

const account = (url: string, more = '') => `
    auth:
      auth_url: ${url}
      username: demo
      password: very-secret
      project_name: demo
      domain_name: Default
${more}`

const body = (project: object = { name: 'demo', domain: { name: 'Default' } }, password = 'very-secret') => ({
  auth: {
    identity: {
      methods: ['password'],
      password: { user: { name: 'demo', domain: { name: 'Default' }, password } },
    },
    scope: { project },
  },
})

test('The only cloud of clouds.yaml is the cloud, and one domain is that of user and project', async (t) => {
  const { keystone, session, clock } = await stage(t)
  const { load } = machine(t, { 'cwd/clouds.yaml': `clouds:\n  one:${account(keystone.url)}` })
  const cloud = await load({ login: { reauthenticate: false } })
  assert.deepEqual([cloud.name, cloud.regionName], ['one', undefined])
  await cloud.auth.getToken(session)
  clock.pass(7200)
  await cloud.auth.getToken(session)
  assert.equal(keystone.logins, 1)
  assert.deepEqual(keystone.calls[0]?.body, body())
})

const places = [
  'named.yaml',
  'cwd/clouds.yaml',
  'cwd/clouds.yml',
  'cwd/clouds.json',
  'config/openstack/clouds.yaml',
  'home/.config/openstack/clouds.yaml',
  'xdg/openstack/clouds.yaml',
]
test('The first file of the search path counts, and only that one', async (t) => {
  const text = (place: string) =>
    JSON.stringify({ clouds: { [place]: { auth_type: 'none', profile: undefined } } })
  const { root } = machine(t, {})
  for (const [index, place] of places.entries()) {
    const rest = Object.fromEntries(places.slice(index).map((each) => [each, text(each)]))
    const { load, root: own } = machine(t, rest)
    const env = {
      OS_CLIENT_CONFIG_FILE: join(own, 'named.yaml'),
      XDG_CONFIG_HOME: join(own, 'config'),
      XDG_CONFIG_DIRS: `${root}:${join(own, 'xdg')}`,
    }
    const around = { env, cwd: join(own, 'cwd'), home: join(own, 'home'), platform: 'linux' } as const
    assert.equal((await load({ around })).name, place)
  }
})

test('secure.yaml adds to clouds.yaml at every depth; values stay as they are written', async (t) => {
  const { keystone, session } = await stage(t)
  const { load } = machine(t, {
    'cwd/clouds.yaml': `clouds:\n  one:${account(keystone.url).replace('very-secret', 'not this one')}`,
    'home/.config/openstack/secure.yaml':
      'clouds: {one: {auth: {password: 0123e1, project_id: 1e10, project_name: }}}',
  })
  await (await load()).auth.getToken(session)
  assert.deepEqual(keystone.calls[0]?.body, body({ id: '1e10' }, '0123e1'))
})

test('OS_CLOUD chooses; OS_* are a cloud of their own, which no file is mixed into', async (t) => {
  const { keystone, session } = await stage(t)
  const files = {
    'cwd/clouds.yaml': `clouds:\n  one: {auth_type: none}\n  two:\n    auth_type: none\n    region_name: R2\n`,
  }
  assert.equal((await machine(t, files, { OS_CLOUD: 'two' }).load()).regionName, 'R2')
  assert.equal((await machine(t, files, { OS_CLOUD: 'two' }).load({ cloud: 'one' })).name, 'one')
  const env = {
    OS_AUTH_URL: keystone.url,
    OS_USERNAME: 'demo',
    OS_PASSWORD: 'very-secret',
    OS_TENANT_NAME: 'demo',
    OS_USER_DOMAIN_NAME: 'Default',
    OS_PROJECT_DOMAIN_NAME: 'Default',
    OS_REGION_NAME: 'R1',
    OS_LOG_CAPTURE: '1',
  }
  const cloud = await machine(t, files, env).load()
  assert.deepEqual([cloud.name, cloud.regionName], ['envvars', 'R1'])
  await cloud.auth.getToken(session)
  assert.deepEqual(keystone.calls[0]?.body, body())
  assert.equal((await machine(t, files, { ...env, OS_CLOUD: 'two', OS_REGION_NAME: '' }).load()).name, 'two')
  const named = { 'cwd/clouds.yaml': 'clouds: {envvars: {auth_type: none}}' }
  await assert.rejects(machine(t, named, env).load(), OptionError)
})

test('A profile lies below the cloud; regions have values of their own', async (t) => {
  const { keystone, session, service } = await stage(t)
  const { load } = machine(t, {
    'cwd/clouds.yaml': `clouds:
  one:
    profile: provider
    auth: {username: demo, password: very-secret, project_id: p}
`,
    'xdg/openstack/clouds-public.yaml': `public-clouds:
  provider:
    auth:
      auth_url: ${keystone.rootUrl}/{region_name}
      username: hidden
      user-domain-name: Default
    interface: internal
    regions:
      - name: v3
        values: {compute_endpoint_override: 'http://compute.v3', image_endpoint_type: admin}
      - R2
`,
  })
  const cloud = await load()
  assert.equal(cloud.regionName, 'v3')
  await cloud.auth.getToken(session)
  assert.deepEqual(keystone.calls[0]?.body, body({ id: 'p' }))
  assert.equal(await cloud.createAdapter(session, 'compute').getEndpoint(), 'http://compute.v3')
  assert.equal((await load({ regionName: 'R2' })).regionName, 'R2')
  await assert.rejects(load({ regionName: 'R3' }), { message: 'clouds.one has no region R3; it has v3, R2' })
  const well = await service(() => ({ status: 200, body: '{"profile": {"region_name": "far"}}' }))
  const other = machine(t, { 'cwd/clouds.yaml': `clouds: {one: {auth_type: none, profile: "${well.url}"}}` })
  await assert.rejects(other.load(), OptionError, 'only over TLS')
})

const provider = (url: string) => `public-clouds:
  prov:
    auth: {auth_url: '${url}/{region_name}', user_domain_name: Default}
    compute_interface: admin
    image_interface: admin
    regions:
      - RegA
      - {name: v3, values: {compute_endpoint_override: 'http://compute.v3', image_endpoint_override: 'http://no'}}
      - RegC
`
const regions: [string, string, string | undefined, RegExp | string][] = [
  ['none of its own', '', undefined, 'RegA'],
  ['none of its own, and another is asked for', '', 'v3', 'v3'],
  ['a region_name', 'region_name: v3,', undefined, 'v3'],
  ['a region_name without a value', 'region_name: ,', undefined, 'RegA'],
  ['a region_name that the profile does not know', 'region_name: RegX,', undefined, 'RegX'],
  ['a region_name, and another is asked for', 'region_name: v3,', 'RegC', /has no region RegC; it has v3$/],
  ['several names', 'region_name: "RegC,v3",', undefined, 'RegC'],
  ['a list of names', 'region_name: [v3, RegC],', 'RegC', 'RegC'],
  ['regions', 'regions: [v3],', undefined, 'v3'],
  ['regions, and another is asked for', 'regions: [v3],', 'RegA', /has no region RegA; it has v3$/],
  ['regions and a region_name', 'regions: [RegC], region_name: v3,', undefined, 'RegC'],
]
for (const [what, own, regionName, expected] of regions) {
  test(`A cloud below which a profile lists regions has ${what}`, async (t) => {
    const { load } = machine(t, {
      'cwd/clouds.yaml': `clouds: {one: {profile: prov, ${own} auth: {username: u, password: p}}}`,
      'cwd/clouds-public.yaml': provider('http://keystone'),
    })
    const loading = load(regionName === undefined ? {} : { regionName })
    if (typeof expected === 'string') assert.equal((await loading).regionName, expected)
    else await assert.rejects(loading, { message: expected })
  })
}

test('The region that a cloud names has what the profile says of it, below what the cloud says', async (t) => {
  const { keystone, session } = await stage(t)
  const { load } = machine(t, {
    'cwd/clouds.yaml': `clouds:
  one:
    profile: prov
    region_name: v3
    image_endpoint_override: http://image
    auth: {username: demo, password: very-secret, project_id: p}
`,
    'cwd/clouds-public.yaml': provider(keystone.rootUrl),
  })
  const cloud = await load()
  await cloud.auth.getToken(session)
  assert.deepEqual(keystone.calls[0]?.body, body({ id: 'p' }))
  assert.equal(await cloud.createAdapter(session, 'compute').getEndpoint(), 'http://compute.v3')
  assert.equal(await cloud.createAdapter(session, 'image').getEndpoint(), 'http://image')
})

const described = { OS_AUTH_TYPE: 'none', OS_ENDPOINT: 'http://service' }
const chosenByEnvironment: [string, Env, LoadCloudOptions, string, string | undefined][] = [
  ['OS_CLOUD=envvars', { ...described, OS_CLOUD: 'envvars' }, {}, 'envvars', undefined],
  ['the program', { ...described, OS_CLOUD: 'one' }, { cloud: 'envvars' }, 'envvars', undefined],
  ['its own name', { ...described, OS_CLOUD: 'own', OS_CLOUD_NAME: 'own' }, {}, 'own', undefined],
  ['nothing else', { ...described, OS_REGION_NAME: 'R1,R2' }, {}, 'envvars', 'R1'],
]
for (const [what, env, options, name, region] of chosenByEnvironment) {
  test(`The cloud of the environment is chosen by ${what}`, async (t) => {
    const { load } = machine(t, { 'cwd/clouds.yaml': 'clouds: {one: {auth_type: none}}' }, env)
    const cloud = await load(options)
    assert.deepEqual([cloud.name, cloud.regionName], [name, region])
    assert.equal(await cloud.auth.getEndpoint({} as never, {}), 'http://service')
  })
}

for (const written of ["''", 'null', '', 'None', '~']) {
  test(`auth_type: ${written} is none, also over a profile's`, async (t) => {
    const { load } = machine(t, {
      'cwd/clouds.yaml': `clouds: {one: {profile: p, auth_type: ${written}, auth: {endpoint: "http://service"}}}`,
      'cwd/clouds-public.yaml': 'public-clouds: {p: {auth_type: v3totp}}',
    })
    assert.equal(await (await load()).auth.getEndpoint({} as never, {}), 'http://service')
  })
}

test('What a region or the program gives no value hides nothing', async (t) => {
  const { load } = machine(t, {
    'cwd/clouds.yaml': `clouds:
  one:
    auth_type: none
    auth: {endpoint: http://service}
    compute_service_type: other
    regions: [{name: R, values: {auth_type: , compute_service_type: , auth: }}]
`,
  })
  const cloud = await load({ overrides: { auth_type: null, compute_endpoint_override: 'http://compute' } })
  assert.equal(await cloud.auth.getEndpoint({} as never, {}), 'http://service')
})

test('A profile of a cloud that was shut down, or that nobody knows, is an error', async (t) => {
  const { load } = machine(t, { 'cwd/clouds.yaml': 'clouds: {one: {auth_type: none, profile: gone}}' })
  await assert.rejects(
    load({ profiles: { gone: { status: 'shutdown', message: 'moved' } } }),
    /shut down: moved/,
  )
  await assert.rejects(load(), (error: Error) => /clouds-public\.yaml/.test(error.message))
})

test('A program may win over everything, and may know profiles', async (t) => {
  const { load } = machine(t, { 'cwd/clouds.yaml': 'clouds: {one: {profile: known, auth_type: none}}' })
  const cloud = await load({
    profiles: { known: { auth: { endpoint: 'http://a' } } },
    overrides: { auth: { endpoint: 'http://b' } },
  })
  assert.equal(await cloud.auth.getEndpoint({} as never, {}), 'http://b')
})

test('Other kinds of credentials, older names, and a token without a password', async (t) => {
  const { keystone, session } = await stage(t)
  const cloud = (settings: string) => machine(t, { 'cwd/clouds.yaml': `clouds: {one: ${settings}}` }).load()
  const at = `auth_url: "${keystone.url}"`
  for (const settings of [
    `{auth_type: v3applicationcredential, auth: {${at}, application_credential_id: c, application_credential_secret: s}}`,
    `{auth-plugin: v3token, auth: {${at}, auth-token: t}, project_id: p}`,
    `{auth: {${at}, token: t, project_id: q}}`,
    `{auth_type: v3multifactor, auth_methods: [v3password, v3totp], auth: {${at}, user_id: u, password: x, passcode: 1}}`,
  ])
    await (await cloud(settings)).auth.getToken(session)
  const sent = keystone.calls.map((call) => (call.body as { auth: { identity: object } }).auth.identity)
  assert.deepEqual(sent, [
    { methods: ['application_credential'], application_credential: { id: 'c', secret: 's' } },
    { methods: ['token'], token: { id: 't' } },
    { methods: ['token'], token: { id: 't' } },
    {
      methods: ['password', 'totp'],
      password: { user: { id: 'u', password: 'x' } },
      totp: { user: { id: 'u', passcode: '1' } },
    },
  ])
})

test('All that is missing or wrong is told at once, with every place that was looked at and no secret', async (t) => {
  const { root, load } = machine(t, {
    'cwd/clouds.yaml':
      'clouds: {one: {auth: {auth_url: nonsense, project_id: p, domain_id: d, trust_id: x}}}',
    'cwd/secure.yaml': 'clouds: {one: {auth: {password: very-secret}}}',
  })
  await assert.rejects(load(), (error) => {
    assert.ok(error instanceof MissingRequiredOptions)
    assert.deepEqual(error.missing, ['username or user_id'])
    const files = ['cwd/clouds.yaml', 'cwd/secure.yaml'].map((file) => join(root, file))
    const looked = (name: string) => files.map((file) => `clouds.one.auth.${name} in ${file}`)
    assert.deepEqual(error.lookedFor.get('user_id'), looked('user_id'))
    assert.equal(error.lookedFor.get('username')?.length, 4)
    assert.equal(error.wrong.length, 2)
    assert.match(error.message, /auth_url: /)
    assert.match(error.message, /project_id, trust_id exclude each other/)
    assert.doesNotMatch(error.message, /very-secret|nonsense/)
    return true
  })
})

test('Of the environment it is told which variables were looked for', async (t) => {
  const { load } = machine(t, {}, { OS_USERNAME: 'demo' })
  await assert.rejects(load(), (error) => {
    assert.ok(error instanceof MissingRequiredOptions)
    assert.deepEqual(error.lookedFor.get('auth_url'), ['OS_AUTH_URL'])
    return true
  })
})

const broken: [string, string, RegExp][] = [
  ['no YAML', 'clouds:\n  one: [very-secret\n', /clouds\.yaml:\d+:\d+: not YAML/],
  ['an alias within its own anchor', 'clouds:\n  one: &a {auth: *a}\n', /aliases that cannot be resolved/],
  ['the same in a list', 'clouds:\n  one: {regions: &a [*a]}\n', /aliases that cannot be resolved/],
  ['no mapping', '- very-secret', /no mapping/],
  ['an alias without an anchor', 'clouds: *very-secret', /clouds\.yaml/],
  ['a cloud that is text', 'clouds: {one: very-secret}', /cloud one is not in/],
  ['regions without names', 'clouds: {one: {auth_type: none, regions: [{}]}}', /has no name/],
  ['an unknown auth_type', 'clouds: {one: {auth_type: magic}}', /magic is not known/],
]
for (const [what, text, message] of broken) {
  test(`A file with ${what} is an error that names it and repeats nothing`, async (t) => {
    const { load } = machine(t, { 'cwd/clouds.yaml': text })
    await assert.rejects(load({ cloud: 'one' }), (error: Error) => {
      assert.ok(error instanceof OptionError)
      assert.match(error.message, message)
      assert.doesNotMatch(error.message, /very-secret/)
      return true
    })
  })
}

test('Without a choice, or a file, it is said what there is and where was looked', async (t) => {
  const two = machine(t, { 'cwd/clouds.yaml': 'clouds: {one: {auth_type: none}, two: {auth_type: none}}' })
  await assert.rejects(two.load(), /no cloud is chosen.*has one, two/)
  await assert.rejects(two.load({ cloud: 'three' }), /three is not in .*clouds\.yaml, which has one, two/)
  await assert.rejects(machine(t, {}).load({ cloud: 'one' }), /no file among .*openstack\/clouds\.yaml/)
})

test('A session has the certificates and the timeout of its cloud, an adapter what is said of its service', async (t) => {
  const { session, keystone, clock } = await stage(t)
  const settings = `{${[
    `auth: {auth_url: "${keystone.url}", user_id: u, password: p}`,
    'verify: false',
    'compute_api_timeout: 3',
    'interface: internal',
    'volume_default_microversion: 3.59',
    'identity_interface: admin',
    'compute_api_version: 2.53',
    'network_api_version: 2.0',
    'identity_api_version: 4',
    'image_api_version: 1.latest',
  ].join(', ')}}`
  const cloud = await machine(t, { 'cwd/clouds.yaml': `clouds: {one: ${settings}}` }).load()
  const target = await stage(t).then(({ service }) => service(() => 200))
  const own = cloud.createSession({ now: () => clock.now })
  t.after(() => own.close())
  for (const type of ['volumev3', 'compute', 'network'])
    await cloud.createAdapter(own, type, { endpointOverride: target.url }).get('/x')
  assert.deepEqual(
    target.seen.map(({ headers }) => headers['openstack-api-version']),
    ['volume 3.59', 'compute 2.53', undefined],
  )
  const catalog = (version: object) => cloud.createAdapter(session, 'identity', version).getEndpoint()
  assert.equal(await catalog({ version: '3' }), keystone.url)
  await assert.rejects(catalog({}), { code: 'version_not_available' })
})

/** A catalog in which an endpoint's URL is `http://<type>.<interface>`. */
const catalogOf = (services: Record<string, string[]>) =>
  Object.entries(services).map(([type, sides]) => ({
    type,
    endpoints: sides.map((side) => ({ interface: side, region_id: 'R', url: `http://${type}.${side}` })),
  }))
const one = (url: string, settings: string, project = 'p') => ({
  'cwd/clouds.yaml': `clouds: {one: {auth: {auth_url: "${url}", user_id: u, password: p, project_id: ${project}}, ${settings}}}`,
})

test('Interfaces in a list are an order of preference, for all services or one; nothing else is taken', async (t) => {
  const all = ['admin', 'public', 'internal']
  const catalog = catalogOf({
    compute: all,
    image: ['admin', 'public'],
    volumev3: all,
    'key-manager': ['admin'],
  })
  const { keystone, session } = await stage(t, { keystone: { login: { catalog } } })
  const settings = 'interface: [internal, public], block_storage_interface: [admin], image_interface: []'
  const cloud = await machine(t, one(keystone.url, settings)).load()
  const of = (type: string, own = {}) => cloud.createAdapter(session, type, own).getEndpoint()
  assert.deepEqual(
    [await of('compute'), await of('image'), await of('block-storage')],
    ['http://compute.internal', 'http://image.public', 'http://volumev3.admin'],
  )
  await assert.rejects(of('key-manager'), { code: 'endpoint_not_found' })
  assert.equal(await of('compute', { interface: 'admin' }), 'http://compute.admin')
  assert.equal(await of('compute', { validInterfaces: ['public'] }), 'http://compute.public')
})

test('Further tries are said of all services or of one', async (t) => {
  const { keystone, session, service, waits } = await stage(t)
  const settings =
    'connect_retries: 2, status_code_retries: 3, volume_status_code_retries: 1, image_connect_retries: 0'
  const cloud = await machine(t, one(keystone.url, settings)).load()
  const target = await service(() => 503)
  const tries = async (type: string) => {
    target.seen.length = 0
    const adapter = cloud.createAdapter(session, type, { endpointOverride: target.url })
    await adapter.get('/', { raiseExc: false })
    return target.seen.length
  }
  assert.deepEqual([await tries('compute'), await tries('block-storage')], [4, 2])
  const pauses = async (type: string) => {
    waits.length = 0
    const adapter = cloud.createAdapter(session, type, { endpointOverride: 'http://127.0.0.1:1' })
    await assert.rejects(adapter.get('/'), { code: 'connect_failure' })
    return waits.length
  }
  assert.deepEqual([await pauses('compute'), await pauses('image')], [2, 0])
})

test('Identity is where an unscoped login went, which has no catalog', async (t) => {
  const { keystone, session } = await stage(t, { keystone: { login: { catalog: [] } } })
  const load = (settings: string, project?: string) =>
    machine(t, one(keystone.rootUrl, settings, project)).load()
  const endpoint = async (cloud: CloudRegion, own = {}) =>
    cloud.createAdapter(session, 'identity', own).getEndpoint()
  const unscoped = await load('interface: internal', '')
  assert.equal(await endpoint(unscoped), keystone.url)
  await assert.rejects(endpoint(unscoped, { interface: 'public' }), { code: 'empty_catalog' })
  await assert.rejects(unscoped.createAdapter(session, 'compute').getEndpoint(), { code: 'empty_catalog' })
  assert.equal(await endpoint(await load('identity_endpoint_override: "http://k"', '')), 'http://k')
  for (const scoped of [await load(''), await load('system_scope: all', '')])
    await assert.rejects(endpoint(scoped), { code: 'empty_catalog' })
})

test('What is wrong beside the credentials is told with them, all at once', async (t) => {
  const settings = `{
    auth: {auth_url: 'http://k', user_id: u},
    api_timeout: very-secret, verify: very-secret, cacert: [very-secret], compute_connect_retries: very-secret,
    image_interface: {very: secret}, interface: [internal, [very-secret]], network_service_name: [very-secret],
    rate_limit: {compute: very-secret}, concurrency: 0, constructor: [1], compute_api_version: 2.1,
    compute_default_microversion: 2.53, volume_api_version: 3.59, block_storage_default_microversion: 3.59}`
  const { load } = machine(t, { 'cwd/clouds.yaml': `clouds: {one: ${settings}}` })
  await assert.rejects(load(), (error) => {
    assert.ok(error instanceof MissingRequiredOptions)
    assert.deepEqual(error.missing, ['password'])
    assert.doesNotMatch(error.message, /very-secret/)
    assert.deepEqual(
      error.wrong.map((sentence) => /^clouds\.one: ([\w.]+): ./.exec(sentence)?.[1]),
      [
        'api_timeout',
        'verify',
        'cacert',
        'compute_connect_retries',
        'image_interface',
        'interface',
        'network_service_name',
        'rate_limit.compute',
        'concurrency',
        'compute_default_microversion',
      ],
    )
    return true
  })
  const alone = machine(t, one('http://k', 'api_timeout: soon, timing: perhaps'))
  await assert.rejects(alone.load(), /clouds\.yaml: clouds\.one: .*api_timeout: .*timing: /)
})

test('What is no text is refused where one is expected, and not passed over', async (t) => {
  const settings = `{
    auth_type: [v3password], system_scope: {very: secret},
    auth: {auth_url: 'http://k', user_id: u, password: [very-secret], project_id: [very-secret], domain_id: [], trust_id: ''}}`
  const { load } = machine(t, { 'cwd/clouds.yaml': `clouds: {one: ${settings}}` })
  await assert.rejects(load(), (error: Error) => {
    assert.ok(error instanceof OptionError)
    assert.doesNotMatch(error.message, /very/)
    const named = [...error.message.matchAll(/clouds\.one: (\w+): must be a text/g)].map(([, name]) => name)
    assert.deepEqual(named, ['auth_type', 'system_scope', 'domain_id', 'project_id', 'password'])
    return true
  })
  const profile = machine(t, one('http://k', 'profile: [p]'))
  await assert.rejects(profile.load(), /profile: must be a text/)
})

test('Requests follow each other as a cloud or one of its services allows; timings are kept', async (t) => {
  const { keystone, session, service, waits } = await stage(t)
  const settings = 'rate_limit: {block-storage: 4, image: 0}, concurrency: 2, timing: true'
  const cloud = await machine(t, one(keystone.url, settings)).load()
  const target = await service(() => 200)
  const own = { endpointOverride: target.url }
  for (const type of ['volumev3', 'volumev3', 'image', 'image'])
    await cloud.createAdapter(session, type, own).get('/')
  assert.deepEqual(waits, [250])
  const { rateLimit } = cloud.serviceOptions('compute')
  assert.ok(rateLimit && rateLimit === cloud.serviceOptions('compute').rateLimit)
  const kept = cloud.createSession()
  t.after(() => kept.close())
  await cloud.createAdapter(kept, 'compute', own).get('/')
  assert.ok(kept.timings.length > 0)
})

test('Values of a region are written with dashes too, with {region_name} in any text', async (t) => {
  const regions = `regions: [{name: R, values: {compute-endpoint-override: "http://{region_name}.x/{other}"}}]`
  const cloud = await machine(t, one('http://k', regions)).load()
  assert.equal(cloud.serviceOptions('compute').endpointOverride, 'http://R.x/{other}')
  for (const wrong of ['compute_interface: admin', 'values: admin']) {
    const { load } = machine(t, one('http://k', `regions: [{name: R, ${wrong}}]`))
    await assert.rejects(load(), /clouds\.one: region R has/)
  }
})
