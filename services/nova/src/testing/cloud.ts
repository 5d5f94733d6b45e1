import { execFile, spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { fakeKeystone, type FakeKeystone } from '@longhaul/keystoneauth/testing'
import { authTokenFromConfig } from '@longhaul/keystonemiddleware'
import { generateMasterKey, readSealingKey } from '@longhaul/oslo/context'
import { openDatabase, type Database } from '@longhaul/oslo/db'
import { createLogger } from '@longhaul/oslo/log'
import { Config } from '@longhaul/oslo-config'
import { createNovaApi, type NovaApi } from '../api/app.ts'
import { clientsFromConfig } from '../clients.ts'
import { readApiSettings } from '../config.ts'
import type { NovaTables } from '../db/tables.ts'
import type { Version } from '../microversions.ts'
import { openQueue } from '../operations/queue.ts'
import { fakeAgent, type FakeAgent } from './fake-agent.ts'
import { fakeCinder, type FakeCinder } from './fake-cinder.ts'
import { fakeGlance, type FakeGlance } from './fake-glance.ts'
import { fakeNeutron, type FakeNeutron } from './fake-neutron.ts'
import { fakeIdentity, type FakeIdentity } from './fake-identity.ts'
import { restoreState, type StoredState } from './stored-state.ts'
import { testPostgresql } from './postgresql.ts'
import type { TestPostgresql } from './shared-postgresql.ts'

const run = promisify(execFile)
const source = join(import.meta.dirname, '..')

/** nova-api in this process and nova-conductor in one of its own, with a real PostgreSQL and fakes around them. */
export interface TestCloud {
  postgresql: TestPostgresql
  keystone: FakeKeystone
  glance: FakeGlance
  cinder: FakeCinder
  neutron: FakeNeutron
  identity: FakeIdentity
  agent: FakeAgent
  api: NovaApi
  db: Database<NovaTables>
  /** Text of the key that contexts are sealed with. */
  sealingKey: string
  /** Of nova-api, in seconds; a test may change it. */
  serviceDownTime: number
  /** Runs nova-manage. @returns its exit status and what it printed */
  manage(...args: string[]): Promise<{ status: number; out: string; err: string }>
  conductor: TestConductor
  /** A further conductor, not yet started; ended with the cloud. @param host its name @param more lines of its own file */
  anotherConductor(host: string, more?: string): TestConductor
  /** Id of an active image. */
  imageId: string
  /** Headers of a caller with a new token. @param more what else its token says */
  as(
    roles: readonly string[],
    project?: string,
    more?: Parameters<FakeKeystone['issue']>[0],
  ): Record<string, string>
  /** Headers of a caller, by default a member of the project demo, that ask for a microversion. */
  in(version: Version, headers?: Record<string, string>): Record<string, string>
  /** A call of the Compute API as a member of the project demo. */
  call(
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    path: string,
    body?: object,
    headers?: Record<string, string>,
  ): Promise<Answer>
  /** What the host says of its guests. @param age_ms since it looked at them, default 0 */
  report(guests: { id: string; power_state: string }[], age_ms?: number): Promise<number>
  /** A further host reports, without guests. @param url of its agent */
  reportOf(host: string, url: string): Promise<number>
  /** Waits until a server is as wanted. */
  serverIs(id: string, wanted: (server: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>
  /** A server in state ACTIVE. @returns its id */
  activeServer(): Promise<string>
  /** Whatever the database says must become true. */
  eventually(holds: () => Promise<boolean>): Promise<void>
  close(): Promise<void>
}

export interface TestConductor {
  kill(): Promise<void>
  /** Resolves when it is ready. */
  start(): Promise<void>
  /** Has it read its files again. @returns what it says of that */
  hangUp(): Promise<Record<string, unknown>>
  /** The last of its files. */
  file: string
  log: Record<string, unknown>[]
}

export interface TestCloudOptions {
  /** Rules that replace the defaults. */
  policyFile?: string
  /** Whether servers are built; default true. */
  conductor?: boolean
  /** Whether the test kills its PostgreSQL; default false. */
  ownPostgresql?: boolean
  /** What an earlier release left in the database, which is then upgraded; asks for `ownPostgresql`. */
  stored?: StoredState
  /** Lines of `[quota]`; default: no limits, so that tests do not count each other's servers. */
  quota?: string
}

export interface Answer {
  status: number
  headers: Record<string, unknown>
  json: Record<string, unknown>
}

const noLimits = ['instances', 'cores', 'ram', 'key_pairs'].map((name) => `${name} = -1`).join('\n')

function entry(type: string, name: string, url: string) {
  return {
    type,
    name,
    endpoints: [{ interface: 'internal', region_id: 'RegionOne', region: 'RegionOne', url }],
  }
}

/** Seconds after which a wait of a test has failed. */
const patience = 15

/** Starts all of it, in two or three seconds. */
export async function testCloud(options: TestCloudOptions = {}): Promise<TestCloud> {
  const directory = mkdtempSync(join(tmpdir(), 'nova-'))
  const keystone = await fakeKeystone({
    login: { userName: 'nova', projectName: 'service', roleNames: ['service', 'admin', 'nova-compute'] },
  })
  const [postgresql, glance, cinder, neutron, identity, agent] = await Promise.all([
    testPostgresql(options.ownPostgresql ?? false),
    fakeGlance(),
    fakeCinder(),
    fakeNeutron(),
    fakeIdentity(),
    fakeAgent(),
  ])
  const file = join(directory, 'nova.conf')
  const { quota = noLimits } = options
  const configure = (connection: string) =>
    writeFileSync(
      file,
      configuration({
        connection,
        directory,
        keystone: keystone.url,
        glance: glance.url,
        cinder: cinder.url,
        neutron: neutron.url,
        quota,
      }),
    )
  const sealingKey = options.stored?.sealingKey ?? generateMasterKey()
  writeFileSync(join(directory, 'key'), sealingKey, { mode: 0o600 })
  const manage: TestCloud['manage'] = async (...args) => {
    const command = ['--conditions=source', join(source, 'manage.ts'), '--config-file', file, ...args]
    try {
      const { stdout, stderr } = await run(process.execPath, command)
      return { status: 0, out: stdout, err: stderr }
    } catch (error) {
      const { code, stdout, stderr } = error as { code: number; stdout: string; stderr: string }
      return { status: code, out: stdout, err: stderr }
    }
  }
  const connection = await postgresql.database(async (url) => {
    configure(url)
    if (options.stored) await restoreState(url, options.stored)
    const synced = await manage('db', 'sync')
    if (synced.status !== 0) throw new Error(synced.err)
  })
  configure(connection)

  const conf = Config.read([file])
  const logger = createLogger({ service: 'nova-api', file: join(directory, 'api.log') })
  const db = openDatabase<NovaTables>(connection)
  const queue = await openQueue(connection)
  const clients = clientsFromConfig(conf, 'nova-api', logger)
  const authToken = authTokenFromConfig(conf, { logger })
  const api = createNovaApi({
    database: db,
    authToken,
    queue: queue.enqueue,
    images: (user) => clients.images(user),
    volumes: (user) => clients.volumes(user),
    network: (user) => clients.network(user),
    verifyProject: (user, id) => clients.verifyProject(user, id),
    agent: (url) => clients.internal(url),
    sealingKey: readSealingKey(join(directory, 'key')),
    policyFile: options.policyFile,
    quota: readApiSettings(conf).quota,
    serviceDownTime: () => cloud.serviceDownTime,
    api: { version: '0' },
    logger,
    now: () => new Date(),
    randomUUID,
  })
  await Promise.all([api.app.ready(), api.internal.ready()])
  const conductor = conductorProcess(file)
  const conductors = [conductor]
  if (options.conductor !== false) await conductor.start()

  const imageId = randomUUID()
  glance.images.set(imageId, { id: imageId, status: 'active', disk_format: 'qcow2', min_disk: 0, min_ram: 0 })
  const catalog = [entry('image', 'glance', glance.url), entry('identity', 'keystone', identity.url)]
  const as: TestCloud['as'] = (roles, project = 'demo', more = {}) => {
    const { token } = keystone.issue({ projectName: project, roleNames: roles, catalog, ...more })
    if (!roles.includes('admin')) neutron.members.add(token)
    return { 'x-auth-token': token }
  }
  const member = as(['member', 'reader'])
  const call: TestCloud['call'] = async (method, path, body, headers = member) => {
    const answer = await api.app.inject({
      method,
      url: `/v2.1${path}`,
      headers,
      ...(body ? { payload: body } : {}),
    })
    const json = answer.body === '' ? {} : (JSON.parse(answer.body) as Record<string, unknown>)
    return { status: answer.statusCode, headers: answer.headers, json }
  }
  const eventually: TestCloud['eventually'] = async (holds) => {
    const end = performance.now() + patience * 1000
    while (!(await holds())) {
      if (performance.now() > end) throw new Error('what was waited for did not happen')
      await pause(25)
    }
  }
  const reportHost = async (host: string, url: string, guests: object[], age_ms: number) => {
    const capacity = { vcpus: 16, memory_mb: 8192, disk_gb: 100 }
    const answer = await api.internal.inject({
      method: 'PUT',
      url: `/internal/v1/hosts/${host}`,
      headers: as(['nova-compute'], 'service'),
      payload: { url, protocol: 1, capacity, guests, age_ms, jobs: [] },
    })
    return answer.statusCode
  }
  const cloud: TestCloud = {
    postgresql,
    keystone,
    glance,
    cinder,
    neutron,
    identity,
    agent,
    api,
    db,
    sealingKey,
    serviceDownTime: 60,
    manage,
    conductor,
    anotherConductor(host, more = '') {
      const own = join(directory, `${host}.conf`)
      writeFileSync(own, `[DEFAULT]\nhost = ${host}\n${more}\n`)
      conductors.push(conductorProcess(file, own))
      return conductors.at(-1)!
    },
    imageId,
    as,
    in: (version, headers = member) => ({ ...headers, 'openstack-api-version': `compute ${version}` }),
    call,
    eventually,
    report: (guests, age_ms = 0) => reportHost('compute1', agent.url, guests, age_ms),
    reportOf: (host, url) => reportHost(host, url, [], 0),
    async serverIs(id, wanted) {
      let server: Record<string, unknown> = {}
      await eventually(async () => {
        server = ((await call('GET', `/servers/${id}`)).json['server'] ?? {}) as Record<string, unknown>
        return wanted(server)
      })
      return server
    },
    async activeServer() {
      const body = { server: { name: 'vm', imageRef: imageId, flavorRef: '42', networks: [] } }
      const { id } = (await call('POST', '/servers', body)).json['server'] as { id: string }
      await cloud.serverIs(id, (server) => server['status'] === 'ACTIVE')
      return id
    },
    async close() {
      await Promise.all(conductors.map((one) => one.kill()))
      await Promise.all([api.app.close(), api.internal.close()])
      await Promise.all([agent, glance, cinder, neutron, identity].map((fake) => fake.close()))
      await Promise.all([queue.close(), clients.close(), authToken.close(), db.close(), keystone.close()])
      await postgresql.stop()
      rmSync(directory, { recursive: true, force: true })
    },
  }
  return cloud
}

function conductorProcess(...files: string[]): TestConductor {
  let child: ChildProcess | undefined
  const log: Record<string, unknown>[] = []
  let reloaded = Promise.withResolvers<Record<string, unknown>>()
  return {
    log,
    file: files.at(-1)!,
    hangUp() {
      reloaded = Promise.withResolvers()
      child!.kill('SIGHUP')
      return reloaded.promise
    },
    async kill() {
      if (!child || child.exitCode !== null || child.signalCode !== null) return
      const ended = once(child, 'exit')
      child.kill('SIGKILL')
      await ended
    },
    async start() {
      child = spawn(
        process.execPath,
        [
          '--conditions=source',
          join(source, 'conductor/server.ts'),
          ...files.flatMap((file) => ['--config-file', file]),
        ],
        {
          stdio: ['ignore', 'pipe', 'inherit'],
        },
      )
      const ready = Promise.withResolvers<void>()
      createInterface({ input: child.stdout! }).on('line', (line) => {
        const fields = JSON.parse(line) as Record<string, unknown>
        log.push(fields)
        if (process.env['SHOW_LOG']) console.log(line)
        if (fields['msg'] === 'ready') ready.resolve()
        if (fields['msg'] === 'reloaded') reloaded.resolve(fields)
      })
      child.once('exit', (code) => ready.reject(new Error(`nova-conductor ended with ${code}`)))
      await ready.promise
    },
  }
}

function configuration(at: {
  connection: string
  directory: string
  keystone: string
  glance: string
  cinder: string
  neutron: string
  quota: string
}): string {
  const credentials = [
    'auth_type = password',
    `auth_url = ${at.keystone}`,
    'username = nova',
    'password = pw',
    'user_domain_name = Default',
    'project_name = service',
    'project_domain_name = Default',
  ].join('\n')
  return [
    '[DEFAULT]\nhost = controller\nservice_down_time = 36000',
    `[database]\nconnection = ${at.connection}`,
    `[context]\nsealing_key_file = ${at.directory}/key`,
    `[keystone_authtoken]\n${credentials}`,
    `[service_user]\nsend_service_user_token = true\n${credentials}`,
    `[glance]\nvalid_interfaces = internal\nendpoint_override = ${at.glance}\n${credentials}`,
    `[cinder]\ncatalog_info = volumev3::internalURL\nendpoint_template = ${at.cinder}\n${credentials}`,
    `[neutron]\nvalid_interfaces = internal\nendpoint_override = ${at.neutron}\n${credentials}`,
    `[quota]\n${at.quota}`,
    '[compute_agent]\nauth_section = keystone_authtoken',
    '[conductor]\noperation_retry_timeout = 20\nreap_after = 1\nmaintenance_interval = 1',
  ].join('\n')
}
