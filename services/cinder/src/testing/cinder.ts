import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fakeKeystone, type FakeKeystone, type TokenDataSettings } from '@longhaul/keystoneauth/testing'
import { authTokenFromConfig } from '@longhaul/keystonemiddleware'
import { openDatabase, syncDatabase, type Database } from '@longhaul/oslo/db'
import { createLogger } from '@longhaul/oslo/log'
import { testDatabase } from '@longhaul/oslo/testing'
import { Config } from '@longhaul/oslo-config'
import { findProcesses, type QemuProcess } from '@longhaul/qemu'
import { createCinder, type Cinder, type CinderOptions } from '../app.ts'
import { clientsFromConfig, type Clients } from '../clients.ts'
import { readServiceTokenRoles } from '../config.ts'
import { migrations } from '../db/migrations.ts'
import type { CinderTables } from '../db/tables.ts'
import type { QuotaDefaults } from '../quota/resources.ts'
import { volumeOf } from '../storage/daemon-command.ts'
import { FakeServices } from './fake-services.ts'

/** What one test may set. */
export interface Setup {
  policyFile?: string
  quota?: Partial<QuotaDefaults>
  /** Lines of cinder.conf, behind those that reach the fakes. */
  conf?: string
  /** The process that was there before: its database, directories, clock and fakes. */
  after?: TestCinder
}

/** A resource as tests look at it: it has some of these. */
export interface Resource {
  id: string
  name: string
  status: string
  instance: string
  attachments: Resource[]
  metadata: Record<string, string>
  volume_image_metadata: Record<string, string>
  connection_info: { server: { path: string }; export: string; access_mode: string }
  absolute: Record<string, number>
  [more: string]: unknown
}

interface Failure {
  code: number
  message: string
}

/** A body as tests look at it: it has some of these. */
export interface Body {
  volume: Resource
  snapshot: Resource
  attachment: Resource
  volume_type: Resource
  quota_set: Resource
  limits: Resource
  connection_info: { driver_volume_type: string; data: Resource['connection_info'] }
  volumes: Resource[]
  snapshots: Resource[]
  attachments: Resource[]
  volume_types: Resource[]
  services: Resource[]
  badRequest: Failure
  itemNotFound: Failure
  overLimit: Failure
  [more: string]: unknown
}

export interface Answer {
  status: number
  json: Body
  headers: Record<string, unknown>
}

/** A service in this process with a Keystone, a Glance and a Nova of its own, an empty database and an empty directory. */
export interface TestCinder extends Cinder {
  keystone: FakeKeystone
  services: FakeServices
  database: Database<CinderTables>
  clients: Clients
  directory: string
  /** The time, in milliseconds; a test sets it on. */
  clock: { now: number }
  log: Record<string, unknown>[]
  /** The first line of the log that matches, as soon as it is written. */
  logged(matches: (line: Record<string, unknown>) => boolean): Promise<Record<string, unknown>>
  /** Headers of a caller with a new token. Without settings a member of the project demo. */
  as(settings?: TokenDataSettings): Record<string, string>
  asAdmin(): Record<string, string>
  /** A service token of Nova. */
  serviceToken(settings?: TokenDataSettings): Record<string, string>
  /** @param path behind the project, as `/volumes`; `version` defaults to 3.0 */
  call: (method: string, path: string, body?: unknown, how?: CallOptions) => Promise<Answer>
  /** Waits until a resource is as wanted. @param path `/volumes/{id}` */
  until(path: string, status: string): Promise<Resource>
  /** Makes a volume and waits for it. @returns its id */
  volume(body?: object): Promise<string>
  /** Names of what lies in the store, sorted; not the sockets. */
  files(): Promise<string[]>
  daemons(): QemuProcess[]
  /** Ends it as a crash would, for what stays on disk and in the database. */
  crash(): Promise<void>
}

export interface CallOptions {
  version?: string
  as?: Record<string, string>
  project?: string
  headers?: Record<string, string>
}

/** What ends: a test, or a suite whose tests use one service. */
export interface Ending {
  after(stop: () => Promise<void>): void
}

const defaults: QuotaDefaults = {
  quota_volumes: 1000,
  quota_snapshots: 1000,
  quota_gigabytes: 10_000,
  quota_backups: 10,
  quota_backup_gigabytes: 1000,
  quota_groups: 10,
  per_volume_size_limit: -1,
}

/** Starts a service; the end of the test stops it. */
export async function testCinder(t: Ending, setup: Setup = {}): Promise<TestCinder> {
  const { after } = setup
  const clock = after?.clock ?? { now: Date.parse('2026-01-02T03:04:05.678Z') }
  const now = () => new Date(clock.now)
  const keystone = after?.keystone ?? (await fakeKeystone({ now }))
  const services = after?.services ?? (await FakeServices.start())
  const directory = after?.directory ?? (await mkdtemp(join(tmpdir(), 'cinder-')))
  const fresh = after ? undefined : await testDatabase('cinder')
  const database = after?.database ?? openDatabase<CinderTables>(fresh!.connection, { poolSize: 3 })
  if (!after) await syncDatabase(database, migrations)
  const log: Record<string, unknown>[] = []
  const stream = new PassThrough()
  stream.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().trim().split('\n')) {
      log.push(JSON.parse(line) as Record<string, unknown>)
    }
  })
  const logger = createLogger({ service: 'cinder-api', stream, now: () => clock.now })
  const account = (user: string) =>
    `auth_type = password\nauth_url = ${keystone.url}\nusername = ${user}\npassword = pw\n` +
    'user_domain_name = Default\nproject_name = service\nproject_domain_name = Default\n'
  const conf = Config.parse(
    `[keystone_authtoken]\n${account('cinder')}[service_user]\nsend_service_user_token = true\n${account('cinder')}` +
      `[nova]\nendpoint_override = ${services.url}/compute\n${account('cinder')}` +
      `[glance]\nendpoint_override = ${services.url}\n${setup.conf ?? ''}`,
  )
  const authToken = authTokenFromConfig(conf, { now })
  const clients = clientsFromConfig(conf, 'cinder-api', logger)
  const options: CinderOptions = {
    database,
    authToken,
    clients,
    logger,
    volumesDirectory: directory,
    socketDirectory: join(directory, 'run'),
    serviceTokenRoles: readServiceTokenRoles(conf),
    host: 'storage@nbd#nbd',
    availabilityZone: 'nova',
    defaultType: '__DEFAULT__',
    quota: { defaults: { ...defaults, ...setup.quota }, noSnapshotSpace: false },
    policyFile: setup.policyFile,
    api: { version: '0.0.0' },
    now: () => clock.now,
    randomUUID,
  }
  const cinder = await createCinder(options)
  const daemons = () => findProcesses((args) => volumeOf(args)?.startsWith(`${directory}/`) ?? false)
  let stopped = false
  const stop = async () => {
    if (stopped) return
    stopped = true
    await cinder.app.close()
    await cinder.stop()
    await Promise.all([clients.close(), authToken.close()])
  }
  t.after(async () => {
    await stop()
    if (after) return
    for (const { pid } of daemons()) process.kill(pid, 'SIGKILL')
    await Promise.all([keystone.close(), services.close(), database.close()])
    await rm(directory, { recursive: true, maxRetries: 3 })
    await fresh?.drop()
  })
  const as = (settings: TokenDataSettings = {}) => ({
    'x-auth-token': keystone.issue({ roleNames: ['member', 'reader'], lifetime: 86_400, ...settings }).token,
  })
  const member = as()
  const call: TestCinder['call'] = async (method, path, body, how = {}) => {
    const { version, project = 'id-project-demo' } = how
    const answer = await cinder.app.inject({
      method: method as 'GET',
      url: `/v3/${project}${path}`,
      headers: {
        ...(how.as ?? member),
        ...(version === undefined ? {} : { 'openstack-api-version': `volume ${version}` }),
        ...how.headers,
      },
      ...(body === undefined ? {} : { payload: body as object }),
    })
    const json = answer.body === '' ? ({} as Body) : answer.json<Body>()
    return { status: answer.statusCode, json, headers: answer.headers }
  }
  const until: TestCinder['until'] = async (path, status) => {
    for (;;) {
      const { json } = await call('GET', path, undefined, { version: '3.70' })
      const resource: Resource | undefined = json.volume ?? json.snapshot
      if (resource?.status === status || (status === 'gone' && !resource)) return resource ?? ({} as Resource)
      if (resource?.status === 'error' && status !== 'error') throw new Error(JSON.stringify(log.slice(-3)))
      await turn()
    }
  }
  return {
    ...cinder,
    stop,
    keystone,
    services,
    database,
    clients,
    directory,
    clock,
    log,
    async logged(matches) {
      for (;;) {
        const line = log.find(matches)
        if (line) return line
        await once(stream, 'data')
      }
    },
    as,
    asAdmin: () => as({ userName: 'admin', projectName: 'demo', roleNames: ['admin', 'member', 'reader'] }),
    serviceToken: (settings = {}) => ({
      'x-service-token': keystone.issue({
        userName: 'nova',
        projectName: 'service',
        roleNames: ['service'],
        lifetime: 86_400,
        ...settings,
      }).token,
    }),
    call,
    until,
    async volume(body = {}) {
      const made = await call('POST', '/volumes', { volume: { size: 1, ...body } })
      if (made.status !== 202) throw new Error(JSON.stringify(made))
      await until(`/volumes/${made.json.volume.id}`, 'available')
      return made.json.volume.id
    },
    files: async () => (await readdir(directory)).filter((name) => name !== 'run').toSorted(),
    daemons,
    crash: stop,
  }
}

/** Lets others go on. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, 2)
  })
}
