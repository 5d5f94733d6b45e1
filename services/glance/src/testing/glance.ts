import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import { fakeKeystone, type FakeKeystone, type TokenDataSettings } from '@longhaul/keystoneauth/testing'
import { authTokenFromConfig } from '@longhaul/keystonemiddleware'
import { syncDatabase, type Database } from '@longhaul/oslo/db'
import { createLogger } from '@longhaul/oslo/log'
import { Config } from '@longhaul/oslo-config'
import { createGlance, type Glance, type GlanceOptions } from '../app.ts'
import { migrations } from '../db/migrations.ts'
import type { GlanceTables } from '../db/tables.ts'
import type { DataSettings } from '../image-data/uploads.ts'
import { openTestDatabase, testDatabase } from './database.ts'

/** What one test may set. */
export interface Setup extends Partial<
  Pick<GlanceOptions, 'worker' | 'formats' | 'limits' | 'importMethods' | 'policyFile' | 'idleTimeoutMs'>
> {
  data?: Partial<DataSettings>
  quotas?: Partial<GlanceOptions['quotas']>
  /** The process that was there before, or is beside: its database, directories, clock and Keystone. */
  after?: TestGlance
}

/** A line of the log. */
type LogLine = Record<string, unknown>

/** A service in this process with a Keystone of its own, an empty database and an empty directory. */
export interface TestGlance extends Glance {
  keystone: FakeKeystone
  database: Database<GlanceTables>
  /** Of the database. */
  connection: string
  drop: () => Promise<void>
  /** Stop the services that came after this one on its database, before it is stopped itself. */
  followers: (() => Promise<void>)[]
  directory: string
  staging: string
  /** The time, in milliseconds; a test sets it on. */
  clock: { now: number }
  log: LogLine[]
  /** Headers of a caller with a new token. Without settings a member of the project demo. */
  as(settings?: TokenDataSettings): Record<string, string>
  asAdmin(): Record<string, string>
  /** The first line of the log that matches, as soon as it is written. */
  logged(matches: (line: LogLine) => boolean): Promise<LogLine>
  /** Names of what lies in the store and, with `staging/` before them, in the staging area; sorted. */
  files(): Promise<string[]>
  /** Opens a port on loopback, once. @returns the URL */
  listen(): Promise<string>
}

/** What ends: a test, or a suite whose tests use one service. */
export interface Ending {
  after(stop: () => Promise<void>): void
}

/** Starts a service; the end of the test stops it. */
export async function testGlance(t: Ending, setup: Setup = {}): Promise<TestGlance> {
  const clock = setup.after?.clock ?? { now: Date.parse('2026-01-02T03:04:05.678Z') }
  const now = () => new Date(clock.now)
  const keystone = setup.after?.keystone ?? (await fakeKeystone({ now }))
  const directory = setup.after?.directory ?? (await mkdtemp(join(tmpdir(), 'glance-')))
  const staging = setup.after?.staging ?? (await mkdtemp(join(tmpdir(), 'glance-staging-')))
  const { connection, drop } = setup.after ?? (await testDatabase())
  // A SQLite database in memory has one connection.
  const isShared = setup.after !== undefined && setup.after.database.kind === 'sqlite'
  const database = isShared ? setup.after!.database : openTestDatabase(connection)
  const followers: (() => Promise<void>)[] = []
  await syncDatabase(database, migrations)
  const log: LogLine[] = []
  const stream = new PassThrough()
  stream.on('data', (chunk: Buffer) => {
    for (const line of chunk.toString().trim().split('\n')) log.push(JSON.parse(line) as LogLine)
  })
  const logger = createLogger({ service: 'glance-api', stream, now: () => clock.now })
  const conf = Config.parse(
    `[keystone_authtoken]\nauth_type = password\nauth_url = ${keystone.url}\nusername = glance\npassword = pw\n` +
      'user_domain_name = Default\nproject_name = service\nproject_domain_name = Default\n',
  )
  const authToken = authTokenFromConfig(conf, { overrides: { delay_auth_decision: true }, now })
  const { data, quotas, after, ...others } = setup
  const glance = await createGlance({
    database,
    authToken,
    logger,
    directory,
    stagingDirectory: staging,
    worker: 'http://glance:9292',
    data: { sizeCap: 1024 * 1024, storageQuota: undefined, requireFormatMatch: true, ...data },
    formats: {
      diskFormats: ['ami', 'ari', 'aki', 'vhd', 'vhdx', 'vmdk', 'raw', 'qcow2', 'vdi', 'ploop', 'iso', 'gpt'],
      containerFormats: ['ami', 'ari', 'aki', 'bare', 'ovf', 'ova', 'docker', 'compressed'],
    },
    quotas: { properties: 128, tags: 128, members: 128, ...quotas },
    limits: { defaultLimit: 25, maxLimit: 1000 },
    importMethods: ['glance-direct'],
    taskLifeMs: 48 * 3_600_000,
    idleTimeoutMs: 10_000,
    api: { version: '0.0.0' },
    now: () => clock.now,
    randomUUID,
    ...others,
  })
  const stop = async () => {
    for (const follower of followers.toReversed()) await follower()
    glance.app.server.closeAllConnections()
    await glance.app.close()
    glance.imports.stop()
    await glance.running.idle()
    await authToken.close()
    if (!isShared) await database.close()
    if (after) return
    await keystone.close()
    await rm(directory, { recursive: true })
    await rm(staging, { recursive: true })
    await drop()
  }
  if (after) after.followers.push(stop)
  else t.after(stop)
  let url: Promise<string> | undefined
  const as = (settings: TokenDataSettings = {}) => ({
    'x-auth-token': keystone.issue({ roleNames: ['member', 'reader'], ...settings }).token,
  })
  return {
    ...glance,
    keystone,
    database,
    connection,
    drop,
    followers,
    directory,
    staging,
    clock,
    log,
    as,
    asAdmin: () => as({ userName: 'admin', projectName: 'admin', roleNames: ['admin', 'member', 'reader'] }),
    async logged(matches) {
      for (;;) {
        const line = log.find(matches)
        if (line) return line
        await once(stream, 'data')
      }
    },
    async files() {
      const staged = (await readdir(staging)).map((name) => `staging/${name}`)
      return [...(await readdir(directory)), ...staged].toSorted()
    },
    listen: () => (url ??= glance.app.listen({ host: '127.0.0.1', port: 0 })),
  }
}

/** Makes an image that is ready for data. @returns its id */
export async function queuedImage(
  { app }: TestGlance,
  headers: Record<string, string>,
  attributes: Record<string, unknown> = {},
): Promise<string> {
  const payload = { disk_format: 'raw', container_format: 'bare', ...attributes }
  const answer = await app.inject({ method: 'POST', url: '/v2/images', headers, payload })
  if (answer.statusCode !== 201) throw new Error(`no image was made: ${answer.statusCode} ${answer.body}`)
  return answer.json<{ id: string }>().id
}

/** Sends data over the network. @returns the status of the answer */
export async function putData(
  glance: TestGlance,
  id: string,
  headers: Record<string, string>,
  body: string | Uint8Array<ArrayBuffer> = 'data',
  to: 'file' | 'stage' = 'file',
): Promise<number> {
  const octets = { 'content-type': 'application/octet-stream', ...headers }
  const url = `${await glance.listen()}/v2/images/${id}/${to}`
  const answer = await fetch(url, { method: 'PUT', headers: octets, body })
  await answer.arrayBuffer()
  return answer.status
}

/** The image as a client sees it. */
export async function show(
  { app }: TestGlance,
  id: string,
  headers: Record<string, string>,
): Promise<Record<string, unknown>> {
  return (await app.inject({ url: `/v2/images/${id}`, headers })).json()
}

/** The image as a client sees it, once its import has ended. */
export async function settled(
  glance: TestGlance,
  id: string,
  headers: Record<string, string>,
): Promise<Record<string, unknown>> {
  for (;;) {
    const image = await show(glance, id, headers)
    if (image['status'] !== 'importing') return image
    await turn()
  }
}

/** Resolves when an upload has begun to write. */
export async function saving(glance: TestGlance, id: string): Promise<void> {
  while (!(await glance.files()).some((name) => name.includes(`${id}.`))) await turn()
}

/** Lets others go on. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    setImmediate(resolve)
  })
}
