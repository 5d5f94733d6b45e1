// No token, password or key lies about after a full demo, whose first run is refused and undone.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { after, before, describe, test, type TestContext } from 'node:test'
import { openDatabase } from '@longhaul/oslo/db'
import { sql } from 'kysely'
import { postgresqlUrls } from '../../tools/devstack/src/config-files.ts'
import { serviceDefinitions } from '../../tools/devstack/src/services.ts'
import { demoCloud, type DemoCloud } from './demo-cloud.ts'
import { SecretSearch, type Secret } from './needles.ts'
import { databaseDump, files, isPrivate, metrics, processArguments, type Place } from './places.ts'

/** Where secrets belong, below the state directory; each such file is for its owner only. */
const allowed = /^(cloud\.json|clouds\.yaml|openrc|etc\/.+\.(conf|key)|etc\/keystone\/fernet-keys\/\d+)$/

/** Tables of nova's database, and a column of each in which an operation may leave text. */
const postgresqlPlaces = [
  ['public.operations', 'error'],
  ['dbos.workflow_status', 'inputs'],
  ['dbos.workflow_status', 'output'],
  ['dbos.workflow_status', 'error'],
  ['dbos.operation_outputs', 'output'],
  ['dbos.operation_outputs', 'error'],
] as const
const someText = { table: 'public.instance_actions', column: 'message' }

describe('After a demo', { timeout: 300_000 }, () => {
  let cloud: DemoCloud
  let clusterDirectory: string

  before(async () => {
    cloud = await demoCloud()
    const [postgresql] = await serviceDefinitions(cloud.state, cloud.record)
    const { args } = postgresql!.command
    clusterDirectory = dirname(args[args.indexOf('-D') + 1]!)
  })
  after(() => cloud.remove())

  function secrets(): Secret[] {
    const { record, state, tokens } = cloud
    const passwords = Object.entries({ ...record.passwords, database: record.novaDatabasePassword })
    const keys = readdirSync(join(state.etc, 'keystone/fernet-keys')).map((name) =>
      join(state.etc, 'keystone/fernet-keys', name),
    )
    for (const name of readdirSync(join(state.etc, 'nova'))) {
      if (name.endsWith('.key')) keys.push(join(state.etc, 'nova', name))
    }
    return [
      ...tokens.map((text, index) => ({ name: `token ${index}`, text })),
      ...passwords.map(([user, text]) => ({ name: `password of ${user}`, text })),
      ...keys.map((file) => ({ name: `key ${file}`, text: readFileSync(file, 'utf8').trim() })),
    ]
  }

  /** @param more ports of further metrics */
  async function places(more: readonly number[] = []): Promise<Place[]> {
    const { state, record } = cloud
    const { keystone, glance, cinder, neutron, l2Agent, nova, novaInternal, novaCompute } = record.ports
    return [
      ...files(state.root),
      ...(clusterDirectory.startsWith(state.root) ? [] : files(clusterDirectory)),
      ...(await databaseDump(postgresqlUrls(state, record).nova)),
      ...(await metrics([
        keystone,
        glance,
        cinder,
        neutron,
        l2Agent,
        nova,
        novaInternal,
        novaCompute,
        ...more,
      ])),
      ...processArguments(),
      { name: 'output of the demo', content: cloud.output },
    ]
  }

  const isAllowed = (name: string) => {
    const inside = name.startsWith(cloud.state.root) ? name.slice(cloud.state.root.length + 1) : name
    return allowed.test(inside) && isPrivate(name)
  }

  test('the search knows many tokens, and every password and key', () => {
    const found = secrets()
    assert.ok(cloud.tokens.length >= 8, `${cloud.tokens.length} tokens`)
    assert.ok(found.every(({ text }) => text.length >= 24))
  })

  test('no secret is in a file, a database, a metric or the arguments of a process', async () => {
    const search = new SecretSearch(secrets())
    const looked = await places()
    assert.ok(looked.some(({ name }) => name === 'table dbos.workflow_status'))
    const found = looked.flatMap((place) =>
      isAllowed(place.name)
        ? []
        : search.in(place.content).map(({ name, offset }) => `${name} in ${place.name} at ${offset}`),
    )
    assert.deepEqual(found, [])
  })

  test('the files that hold secrets are for their owner only, and do hold them', () => {
    const search = new SecretSearch(secrets())
    const holding = files(cloud.state.root).filter(({ content }) => search.in(content).length > 0)
    assert.ok(holding.length >= 8)
    for (const { name } of holding) assert.ok(isPrivate(name), name)
  })

  test('a token that is planted in each of these places is found there', async (t) => {
    const { state, record } = cloud
    const { nova } = postgresqlUrls(state, record)
    const log = join(state.log, 'keystone.log')
    const server = await metricServer(t)
    /** Where a token is put, and a part of the name of the place where it has to be found. */
    const plantings: [string, (token: string) => Promise<unknown>][] = [
      [log, async (token) => appendFileSync(log, `${token}\n`)],
      ['keystone.db', (token) => plantInSqlite(join(state.data, 'keystone/keystone.db'), token)],
      ...postgresqlPlaces.map(([table, column]): (typeof plantings)[number] => [
        `table ${table}`,
        (token) => plantInPostgresql(nova, { table, column, token }),
      ]),
      [clusterDirectory, (token) => plantInPostgresql(nova, { ...someText, token })],
      [`metrics of port ${server.port}`, async (token) => server.plant(token)],
      ['arguments of process', async (token) => plantInArguments(t, token)],
    ]
    const tokens = plantings.map(() => randomBytes(90).toString('base64url'))
    for (const [index, [, plant]] of plantings.entries()) await plant(tokens[index]!)
    const looked = await places([server.port])
    for (const [index, [place]] of plantings.entries()) {
      const search = new SecretSearch([{ name: 'planted', text: tokens[index]! }])
      const found = looked.filter(({ content }) => search.in(content).length > 0).map(({ name }) => name)
      assert.ok(
        found.some((name) => name.includes(place)),
        `${place} (${index}) is not among ${found.join(', ')}`,
      )
    }
  })

  async function plantInSqlite(path: string, token: string): Promise<void> {
    assert.ok(existsSync(path))
    const database = openDatabase<Record<string, never>>(`sqlite:///${path}`)
    try {
      await sql`create table planted (value text)`.execute(database.kysely)
      await sql`insert into planted values (${token})`.execute(database.kysely)
    } finally {
      await database.close()
    }
  }

  async function plantInPostgresql(
    url: string,
    { table, column, token }: { table: string; column: string; token: string },
  ): Promise<void> {
    const database = openDatabase<Record<string, never>>(url)
    try {
      const { numAffectedRows = 0n } =
        await sql`update ${sql.raw(table)} set ${sql.ref(column)} = ${token}`.execute(database.kysely)
      assert.ok(numAffectedRows > 0n, `${table} has a row`)
    } finally {
      await database.close()
    }
  }

  /** A service with a token, cut short, in a label. */
  async function metricServer(t: TestContext) {
    let label = ''
    const server = createServer((_request, response) => {
      response.end(`# TYPE http_requests_total counter\nhttp_requests_total{path="/x/${label}"} 1\n`)
    })
    server.listen(0, '127.0.0.1')
    await once(server, 'listening')
    t.after(() => server.close())
    const plant = (token: string) => (label = token.slice(3, 40))
    return { port: (server.address() as AddressInfo).port, plant }
  }

  function plantInArguments(t: TestContext, token: string): void {
    const child = spawn('/bin/sleep', ['600'], { argv0: token, stdio: 'ignore' })
    t.after(() => child.kill('SIGKILL'))
  }
})
