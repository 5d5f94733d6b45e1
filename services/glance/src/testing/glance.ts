import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, readdir, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { PassThrough } from 'node:stream'
import type { TestContext } from 'node:test'
import { fakeKeystone, type FakeKeystone, type TokenDataSettings } from '@longhaul/keystoneauth/testing'
import { authTokenFromConfig } from '@longhaul/keystonemiddleware'
import { openDatabase, syncDatabase, type Database } from '@longhaul/oslo/db'
import { createLogger } from '@longhaul/oslo/log'
import { Config } from '@longhaul/oslo-config'
import { createGlance, type Glance } from '../app.ts'
import { migrations } from '../db/migrations.ts'
import type { GlanceTables } from '../db/tables.ts'

/** What one test may set. */
export interface Setup {
  imageSizeCap?: number
  /** The database and directory of a process that was there before. */
  after?: TestGlance
}

/** A line of the log. */
type LogLine = Record<string, unknown>

/** A service in this process with a Keystone of its own, an empty database and an empty directory. */
export interface TestGlance extends Glance {
  keystone: FakeKeystone
  database: Database<GlanceTables>
  directory: string
  /** The time, in milliseconds; a test sets it on. */
  clock: { now: number }
  log: LogLine[]
  /** Headers of a caller with a new token. Without settings a member of the project demo. */
  as(settings?: TokenDataSettings): Record<string, string>
  asAdmin(): Record<string, string>
  /** The first line of the log that matches, as soon as it is written. */
  logged(matches: (line: LogLine) => boolean): Promise<LogLine>
  /** What lies in the directory. */
  files(): Promise<string[]>
  /** Opens a port on loopback, once. @returns the URL */
  listen(): Promise<string>
}

/** Starts a service; the test's end stops it. */
export async function testGlance(t: TestContext, setup: Setup = {}): Promise<TestGlance> {
  const clock = setup.after?.clock ?? { now: Date.parse('2026-01-02T03:04:05.678Z') }
  const now = () => new Date(clock.now)
  const keystone = await fakeKeystone({ now })
  const directory = setup.after?.directory ?? (await mkdtemp(join(tmpdir(), 'glance-')))
  const database = setup.after?.database ?? openDatabase<GlanceTables>('sqlite://')
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
  const glance = await createGlance({
    database,
    authToken,
    logger,
    directory,
    imageSizeCap: setup.imageSizeCap ?? 1024 * 1024,
    limits: { defaultLimit: 25, maxLimit: 1000 },
    idleTimeoutMs: 10_000,
    api: { version: '0.0.0' },
    now: () => clock.now,
    randomUUID,
  })
  t.after(async () => {
    glance.app.server.closeAllConnections()
    await glance.app.close()
    await glance.uploads.idle()
    await authToken.close()
    await keystone.close()
    if (setup.after) return
    await database.close()
    await rm(directory, { recursive: true })
  })
  let url: Promise<string> | undefined
  const as = (settings: TokenDataSettings = {}) => ({
    'x-auth-token': keystone.issue({ roleNames: ['member', 'reader'], ...settings }).token,
  })
  return {
    ...glance,
    keystone,
    database,
    directory,
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
    files: () => readdir(directory),
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
