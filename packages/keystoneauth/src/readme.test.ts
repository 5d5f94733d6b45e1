// The examples of the README are run before a Keystone and services on loopback.
import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { after, before, beforeEach, mock, test } from 'node:test'
import { blockOf, exampleProject, examplesOf } from '../../../tests/docs/examples.ts'
import { contextAuth } from './index.ts'
import {
  fakeKeystone,
  fakeService,
  type Answer,
  type Call,
  type FakeKeystone,
  type FakeKeystoneOptions,
  type FakeService,
} from './testing/index.ts'

const page = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const examples = new Map(examplesOf(page).map(({ name, code }) => [name, code]))
const project = exampleProject()

let keystone: FakeKeystone
let cloud: FakeService
let printed: unknown[][]
let newest: string
let answers: number[]

const json = (status: number, body: unknown): Answer => ({
  status,
  headers: { 'Content-Type': 'application/json', 'X-Openstack-Request-Id': 'req-1' },
  body: JSON.stringify(body),
})

/** A compute and a block storage service, each below a path of its own. */
function answer(method: string, path: string): Answer {
  const failure = answers.shift()
  if (failure !== undefined) return failure
  if (method === 'POST') return json(202, { snapshot: { id: 'snapshot-1' } })
  if (path === '/servers/unknown')
    return json(404, { itemNotFound: { code: 404, message: 'no such server' } })
  if (/^\/(servers|flavors)/.test(path)) return json(200, { servers: [{ name: 'first' }], flavors: [] })
  const version = { id: 'v2.1', status: 'CURRENT', min_version: '2.1', version: newest }
  return json(200, { version: { ...version, links: [{ rel: 'self', href: `${cloud.url}/v2.1/` }] } })
}

const catalog = (url: string) =>
  [
    { type: 'compute', name: 'nova', path: '/v2.1' },
    { type: 'block-storage', name: 'cinder', path: '/v3/p' },
  ].map(({ type, name, path }) => ({
    type,
    name,
    endpoints: [{ interface: 'public', region: 'RegionOne', region_id: 'RegionOne', url: `${url}${path}` }],
  }))

const serve = (options: FakeKeystoneOptions = {}) =>
  fakeKeystone({
    login: { userName: 'demo', roleNames: ['member'], catalog: catalog(cloud.url) },
    ...options,
  })

/** Runs one, with what it cannot know in place of what it names. */
async function run(name: string): Promise<unknown> {
  const code = examples.get(name)
  assert.ok(code, `the README has no example ${name}`)
  const own = (text: string) => text.replaceAll('https://keystone.example:5000', keystone.rootUrl)
  const clouds = project.write('clouds.yaml', own(blockOf(page, 'yaml')))
  const secure = project.write('secure.yaml', '{clouds: {mycloud: {auth: {password: very-secret}}}}')
  const conf = project.write('backup.conf', own(blockOf(page, 'ini')))
  Object.assign(process.env, {
    OS_CLIENT_CONFIG_FILE: clouds,
    OS_CLIENT_SECURE_FILE: secure,
    OS_PASSWORD: 'very-secret',
    OS_PASSCODE: '123456',
  })
  const file = `${name.replaceAll(/\W+/g, '-')}-${++runs}.ts`
  return import(project.write(file, own(code).replace('/etc/backup/backup.conf', conf)))
}
let runs = 0

const identityOf = ({ body }: Call) => (body as { auth: { identity: { methods: string[] } } }).auth.identity
const logins = () => keystone.calls.filter(({ method }) => method === 'POST').map(identityOf)

before(async () => {
  cloud = await fakeService(({ method, path }) =>
    answer(method, path.replace(/^\/v2\.1(?=\/\w)|^\/v3\/p/, '')),
  )
  mock.method(console, 'log', (...line: unknown[]) => void printed.push(line))
  mock.method(console, 'error', (...line: unknown[]) => void printed.push(line))
})
beforeEach(async () => {
  await keystone?.close()
  keystone = await serve()
  cloud.seen.length = 0
  printed = []
  answers = []
  newest = '2.96'
})
after(async () => {
  await keystone.close()
  await cloud.close()
  project.remove()
})

test('A user with a password', async () => {
  await run('A user with a password')
  assert.deepEqual(printed, [['first']])
  assert.deepEqual(logins(), [
    {
      methods: ['password'],
      password: { user: { name: 'demo', domain: { name: 'Default' }, password: 'very-secret' } },
    },
  ])
})

test('What clouds.yaml or the environment says', async () => {
  await run('What clouds.yaml or the environment says')
  assert.deepEqual(printed, [['RegionOne', `${cloud.url}/v2.1`]])
})

test('A second factor', async () => {
  await keystone.close()
  keystone = await serve({ requiredMethods: [['password', 'totp']] })
  await run('A second factor')
  assert.deepEqual(
    logins().map(({ methods }) => methods),
    [['password'], ['totp']],
  )
  assert.ok(keystone.calls.at(-1)?.headers['openstack-auth-receipt'])
  assert.deepEqual(printed[0]?.slice(0, 2), ['demo', ['member']])
})

test('On behalf of a user, for longer than a token lives', async () => {
  const backup = (await run('On behalf of a user, for longer than a token lives')) as {
    snapshot(auth: unknown, volume: string): Promise<string>
  }
  const user = contextAuth({ token: 'expired', projectId: 'p', catalog: catalog(cloud.url) })
  assert.equal(await backup.snapshot(user, 'volume-1'), 'snapshot-1')
  const [sent] = cloud.seen
  assert.deepEqual([sent?.method, sent?.path], ['POST', '/v3/p/snapshots'])
  assert.equal(sent?.headers['x-auth-token'], 'expired')
  assert.match(String(sent?.headers['x-service-token']), /^[\w-]{32}$/)
  assert.deepEqual(JSON.parse(sent.body), { snapshot: { volume_id: 'volume-1', force: true } })
})

test('The microversion that both sides have', async () => {
  const name = 'The microversion that both sides have'
  newest = '2.79'
  await run(name)
  assert.equal(cloud.seen.at(-1)?.headers['openstack-api-version'], 'compute 2.79')
  newest = '2.46'
  await run(name)
  assert.deepEqual(printed[0], ['2.79'])
  assert.match(String(printed[1]), /^this cloud is too old: /)
})

test('Metrics and spans', async () => {
  answers = [503]
  await run('Metrics and spans')
  assert.deepEqual(
    printed.map((line) => line.slice(0, 3)),
    [
      ['GET', 'discovery', 300],
      ['POST', 'login', 201],
      ['GET', 'compute', 503],
      ['again in 0 s: status'],
      ['GET', 'compute', 200],
    ],
  )
})

test('What goes wrong', async () => {
  await run('What goes wrong')
  assert.deepEqual(printed, [['gone', 'req-1']])
})

test('Every example of the README is run', async () => {
  assert.equal(runs, examples.size + 1)
})
