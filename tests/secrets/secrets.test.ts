// No token, password or key lies about after a full demo, whose first run is refused and undone.
import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { randomBytes } from 'node:crypto'
import { appendFileSync, existsSync, readdirSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { after, before, describe, test } from 'node:test'
import { openDatabase } from '@longhaul/oslo/db'
import { sql } from 'kysely'
import { postgresqlUrls } from '../../tools/devstack/src/config-files.ts'
import { serviceDefinitions } from '../../tools/devstack/src/services.ts'
import { demoCloud, type DemoCloud } from './demo-cloud.ts'
import { SecretSearch, type Secret } from './needles.ts'
import { databaseDump, files, isPrivate, metrics, processArguments, type Place } from './places.ts'

/** Where secrets belong, below the state directory; each such file is for its owner only. */
const allowed = /^(cloud\.json|clouds\.yaml|openrc|etc\/.+\.(conf|key)|etc\/keystone\/fernet-keys\/\d+)$/

describe('After a demo', { timeout: 300_000 }, () => {
  let cloud: DemoCloud
  let clusterDirectory: string
  const planted = randomBytes(90).toString('base64url')

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

  async function places(): Promise<Place[]> {
    const { state, record } = cloud
    const { keystone, glance, nova, novaInternal, novaCompute } = record.ports
    return [
      ...files(state.root),
      ...(clusterDirectory.startsWith(state.root) ? [] : files(clusterDirectory)),
      ...(await databaseDump(postgresqlUrls(state, record).nova)),
      ...(await metrics([keystone, glance, nova, novaInternal, novaCompute])),
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
    const plantings: [string, () => Promise<unknown>][] = [
      [
        join(state.log, 'keystone.log'),
        async () => appendFileSync(join(state.log, 'keystone.log'), `${planted}\n`),
      ],
      ['keystone.db', () => plantInSqlite(join(state.data, 'keystone/keystone.db'), planted)],
      ['table public.operations', () => plantInPostgresql(postgresqlUrls(state, record).nova, planted)],
      ['arguments of process', async () => plantInArguments(t, planted)],
    ]
    for (const [, plant] of plantings) await plant()
    const search = new SecretSearch([{ name: 'planted', text: planted }])
    const found = (await places())
      .filter(({ content }) => search.in(content).length > 0)
      .map(({ name }) => name)
    for (const [place] of plantings) {
      assert.ok(
        found.some((name) => name.includes(place)),
        `${place} is not among ${found.join(', ')}`,
      )
    }
    assert.ok(
      found.some((name) => name.startsWith(clusterDirectory)),
      'files of PostgreSQL',
    )
    const metric = Buffer.from(`http_requests_total{path="/x/${planted.slice(3, 40)}"} 1`)
    assert.equal(search.in(metric).length, 1)
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

  async function plantInPostgresql(url: string, token: string): Promise<void> {
    const database = openDatabase<Record<string, never>>(url)
    try {
      await sql`update operations set error = ${token}`.execute(database.kysely)
      await sql`checkpoint`.execute(database.kysely).catch(() => {})
    } finally {
      await database.close()
    }
  }

  function plantInArguments(t: { after(work: () => void): void }, token: string): void {
    const child = spawn('/bin/sleep', ['infinity', token].slice(0, 1).concat('600'), {
      argv0: token,
      stdio: 'ignore',
    })
    t.after(() => child.kill('SIGKILL'))
  }
})
