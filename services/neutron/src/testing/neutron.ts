import { randomInt, randomUUID } from 'node:crypto'
import { PassThrough } from 'node:stream'
import { fakeKeystone, type FakeKeystone, type TokenDataSettings } from '@longhaul/keystoneauth/testing'
import { authTokenFromConfig } from '@longhaul/keystonemiddleware'
import { openDatabase, syncDatabase } from '@longhaul/oslo/db'
import { createLogger } from '@longhaul/oslo/log'
import { testDatabase } from '@longhaul/oslo/testing'
import { Config } from '@longhaul/oslo-config'
import { createNeutron, type Neutron, type NeutronOptions } from '../app.ts'
import { migrations } from '../db/migrations.ts'
import type { NeutronTables } from '../db/tables.ts'
import type { NovaEvent } from '../nova/event.ts'

/** What one test may set. */
export type Setup = Partial<Pick<NeutronOptions, 'policyFile' | 'quotas' | 'random' | 'wiringPatience'>>

type Headers = Record<string, string>
type Document = Record<string, unknown>

/** An answer: its status and its body. */
export interface Answer {
  status: number
  body: Document
}

/** A service in this process with a Keystone of its own and an empty database. */
export interface TestNeutron extends Neutron {
  keystone: FakeKeystone
  /** The time, in milliseconds; a test sets it on. */
  clock: { now: number }
  /** What nova was told. */
  events: NovaEvent[]
  /** Headers of a caller with a new token; without settings a member of the project demo. */
  as: (settings?: TokenDataSettings) => Headers
  admin: Headers
  /** As nova calls: the role service in its own token. */
  service: Headers
  /** As agents of hosts call. */
  agent: Headers
  ask: (
    method: 'GET' | 'POST' | 'PUT' | 'DELETE',
    url: string,
    headers: Headers,
    payload?: Document,
  ) => Promise<Answer>
  /** Makes a resource. @param name singular @throws Error unless the answer is 201 */
  make: (name: string, attributes: Document, headers?: Headers) => Promise<Document & { id: string }>
}

/** What ends: a test, or a suite whose tests use one service. */
export interface Ending {
  after(stop: () => Promise<void>): void
}

/** Starts a service; the end of the test stops it. */
export async function testNeutron(t: Ending, setup: Setup = {}): Promise<TestNeutron> {
  const clock = { now: Date.parse('2026-01-02T03:04:05.678Z') }
  const now = () => new Date(clock.now)
  const keystone = await fakeKeystone({ now })
  const { connection, drop } = await testDatabase('neutron')
  const database = openDatabase<NeutronTables>(connection, { poolSize: 4 })
  await syncDatabase(database, migrations)
  const conf = Config.parse(
    `[keystone_authtoken]\nauth_type = password\nauth_url = ${keystone.url}\nusername = neutron\npassword = pw\n` +
      'user_domain_name = Default\nproject_name = service\nproject_domain_name = Default\n',
  )
  const authToken = authTokenFromConfig(conf, { now })
  const events: NovaEvent[] = []
  const neutron = createNeutron({
    database,
    authToken,
    logger: createLogger({ service: 'neutron-server', stream: new PassThrough().resume() }),
    quotas: () => ({ network: 100, subnet: 100, port: 500 }),
    defaultMtu: 1500,
    baseMac: 'fa:16:3e:00:00:00',
    agentDownTime: () => 75_000,
    wiringPatience: 0,
    nova: {
      send: (event) => {
        events.push(event)
      },
      onStatusChanges: () => true,
      onDataChanges: () => true,
    },
    api: { version: '0.0.0' },
    now: () => clock.now,
    randomUUID,
    random: randomInt,
    ...setup,
  })
  t.after(async () => {
    neutron.stop()
    await neutron.app.close()
    await authToken.close()
    await database.close()
    await keystone.close()
    await drop()
  })
  const as = (settings: TokenDataSettings = {}) => ({
    'x-auth-token': keystone.issue({ roleNames: ['member', 'reader'], lifetime: 100_000, ...settings }).token,
  })
  const member = as()
  const ask: TestNeutron['ask'] = async (method, url, headers, payload) => {
    const answer = await neutron.app.inject({ method, url, headers, ...(payload ? { payload } : {}) })
    return { status: answer.statusCode, body: answer.body === '' ? {} : answer.json<Document>() }
  }
  return {
    ...neutron,
    keystone,
    clock,
    events,
    as,
    admin: as({ userName: 'admin', projectName: 'admin', roleNames: ['admin', 'member', 'reader'] }),
    service: as({ userName: 'nova', projectName: 'service', roleNames: ['service'] }),
    agent: as({ userName: 'neutron', projectName: 'service', roleNames: ['neutron-l2-agent'] }),
    ask,
    async make(name, attributes, headers = member) {
      const { status, body } = await ask('POST', `/v2.0/${name}s`, headers, { [name]: attributes })
      if (status !== 201) throw new Error(`no ${name} was made: ${status} ${JSON.stringify(body)}`)
      return body[name] as Document & { id: string }
    },
  }
}

/** The type of an error. */
export function errorType({ body }: Answer): string | undefined {
  return (body['NeutronError'] as { type?: string } | undefined)?.type
}
