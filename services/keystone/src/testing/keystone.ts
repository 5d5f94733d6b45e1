import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { Writable } from 'node:stream'
import { randomUUID } from 'node:crypto'
import type { ApiApp } from '@longhaul/oslo/api'
import { openDatabase, syncDatabase, type Database } from '@longhaul/oslo/db'
import { createLogger } from '@longhaul/oslo/log'
import { Config } from '@longhaul/oslo-config'
import type { LightMyRequestResponse } from 'fastify'
import { createApp, type AppOptions } from '../app.ts'
import { bootstrap } from '../bootstrap.ts'
import { readSettings, type Settings } from '../config.ts'
import { migrations } from '../db/migrations.ts'
import type { Tables } from '../db/tables.ts'
import { Passwords } from '../passwords.ts'
import { Revision } from '../revision.ts'
import { setUpKeys } from '../token/key-repository.ts'
import { testDatabase, type TestDatabase } from '@longhaul/oslo/testing'

/** What one test may set. */
export interface Setup {
  /** Lines for keystone.conf, after those of the harness; a section may come twice. */
  conf?: string
  /** Another process: its database, keys and clock are used, through a connection of one's own. */
  beside?: TestKeystone
  /** What the application gets instead of what the harness makes. */
  app?: Partial<AppOptions>
}

export type Method = 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE'

export interface CallOptions {
  /** `X-Auth-Token`. */
  token?: string | undefined
  /** `X-Subject-Token`. */
  subject?: string
  headers?: Record<string, string>
  /** Sent as JSON; text is sent as it is. */
  body?: unknown
}

export type Answer = LightMyRequestResponse

/** The whole service in this process: real database, keys and policies, a clock that a test moves. */
export interface TestKeystone {
  app: ApiApp
  database: Database<Tables>
  connection: string
  settings: Settings
  /** Keys lie in `keys` below it. */
  directory: string
  /** Milliseconds since 1970. */
  clock: { now: number }
  /** Lines of the log. */
  log: Record<string, unknown>[]
  /** Moves the clock. */
  pass: (seconds: number) => void
  call: (method: Method, path: string, options?: CallOptions) => Promise<Answer>
  /** A token by password, with the scope given. Users are looked for in the default domain. */
  login: (user: string, scope?: object | 'unscoped', domain?: string) => Promise<string>
  /** A token without a scope by a password that is not the usual one. */
  loginWith: (user: string, password: string) => Promise<string>
  close: () => Promise<void>
  [Symbol.asyncDispose](): Promise<void>
}

const baseUrl = 'http://127.0.0.1:5000'

/** The password of a user of a test. */
export function passwordOf(user: string): string {
  return `${user}-pass`
}

/** Starts a service that was bootstrapped. */
export async function testKeystone(setup: Setup = {}): Promise<TestKeystone> {
  const { beside } = setup
  const directory = beside?.directory ?? mkdtempSync(join(tmpdir(), 'keystone-'))
  const fresh: TestDatabase = beside
    ? { connection: beside.connection, drop: () => Promise.resolve() }
    : await testDatabase('keystone', directory)
  const clock = beside?.clock ?? { now: Date.parse('2026-01-02T03:04:05.678Z') }
  const conf = Config.parse(
    `[DEFAULT]\npublic_endpoint = ${baseUrl}\n[database]\nconnection = ${fresh.connection}\n` +
      `[fernet_tokens]\nkey_repository = ${join(directory, 'keys')}\n[identity]\npassword_hash_rounds = 4\n` +
      (setup.conf ?? ''),
  )
  const settings = readSettings(conf)
  const database = openDatabase<Tables>(fresh.connection)
  if (!beside) {
    await syncDatabase(database, migrations)
    setUpKeys(settings.fernetTokens.key_repository, settings.fernetTokens.max_active_keys)
    await firstCloud(database)
  }
  const log: Record<string, unknown>[] = []
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      for (const line of chunk.toString().trim().split('\n')) log.push(JSON.parse(line))
      done()
    },
  })
  const app = createApp({
    settings,
    database,
    logger: createLogger({ service: 'keystone', stream, now: () => clock.now }),
    version: '0.0.0',
    now: () => new Date(clock.now),
    ...setup.app,
  })
  await app.ready()
  const call: TestKeystone['call'] = (method, path, { token, subject, headers, body } = {}) => {
    return app.inject({
      method,
      url: path,
      headers: {
        ...(token === undefined ? {} : { 'x-auth-token': token }),
        ...(subject === undefined ? {} : { 'x-subject-token': subject }),
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined
        ? {}
        : { payload: typeof body === 'string' || Buffer.isBuffer(body) ? body : JSON.stringify(body) }),
    })
  }
  const close = async () => {
    await app.close()
    await database.close()
    await fresh.drop()
    if (!beside) rmSync(directory, { recursive: true, force: true })
  }
  const tokenFor = async (identity: object, scope?: object | 'unscoped') => {
    const answer = await call('POST', '/v3/auth/tokens', {
      body: { auth: { identity, ...(scope === undefined ? {} : { scope }) } },
    })
    const token = answer.headers['x-subject-token']
    if (typeof token !== 'string') throw new Error(`no token: ${answer.statusCode} ${answer.body}`)
    return token
  }
  return {
    app,
    database,
    connection: fresh.connection,
    settings,
    directory,
    clock,
    log,
    pass(seconds) {
      clock.now += seconds * 1000
    },
    call,
    login: (user, scope, domain) => tokenFor(byPassword(user, domain), scope),
    loginWith: (user, password) => tokenFor(byPassword(user, 'default', password), 'unscoped'),
    close,
    [Symbol.asyncDispose]: close,
  }
}

/** `auth.identity` of a login by password. */
function byPassword(user: string, domain = 'default', password = passwordOf(user)) {
  return {
    methods: ['password'],
    password: { user: { name: user, domain: { id: domain }, password } },
  }
}

/** `auth.identity` of a login by token. */
export function byToken(id: string) {
  return { methods: ['token'], token: { id } }
}

/** `auth.scope` of a project of the default domain. */
export function onProject(name: string) {
  return { project: { name, domain: { id: 'default' } } }
}

/** `auth.scope` of the system. */
export const onSystem = { system: { all: true } }

async function firstCloud(database: Database<Tables>): Promise<void> {
  const passwords = new Passwords({ rounds: 4 })
  const revision = new Revision(database)
  await bootstrap(
    {
      db: database.kysely,
      write: (work) => revision.write(work),
      newId: () => randomUUID().replaceAll('-', ''),
      hashPassword: (password) => passwords.hash(password),
      checkPassword: (password, hash) => passwords.check(password, hash),
      revokeTokensOf: () => Promise.resolve(),
    },
    {
      username: 'admin',
      password: passwordOf('admin'),
      projectName: 'admin',
      roleName: 'admin',
      serviceName: 'keystone',
      regionId: 'RegionOne',
      endpoints: { public: `${baseUrl}/v3`, internal: `${baseUrl}/v3`, admin: `${baseUrl}/v3` },
      immutableRoles: true,
      domainId: 'default',
    },
  )
}
