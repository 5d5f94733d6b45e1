import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { request, type IncomingMessage } from 'node:http'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { after, before, describe, it } from 'node:test'
import { setTimeout as pause } from 'node:timers/promises'
import { freePort } from '@longhaul/oslo/concurrency'
import { onProject, passwordOf, testKeystone, type TestKeystone } from './testing/keystone.ts'

const program = join(import.meta.dirname, 'server.ts')

interface Answer {
  status: number
  requestId: string
  token: string
}

describe('two processes on one port with one database', () => {
  let keystone: TestKeystone
  let port: number
  let policyFile: string
  let processes: ReturnType<typeof start>[]
  before(async () => {
    keystone = await testKeystone()
    port = await freePort()
    policyFile = join(keystone.directory, 'policy.yaml')
    writeFileSync(policyFile, '')
    const conf = join(keystone.directory, 'keystone.conf')
    writeFileSync(
      conf,
      `[listen]\nport = ${port}\nreuse_port = true\n[database]\nconnection = ${keystone.connection}\n` +
        `[fernet_tokens]\nkey_repository = ${join(keystone.directory, 'keys')}\n` +
        `[oslo_policy]\npolicy_file = ${policyFile}\n` +
        '[identity]\npassword_hash_rounds = 4\n',
    )
    processes = [start(conf), start(conf)]
    const deadline = Date.now() + 60_000
    while (!(await both())) {
      assert.ok(Date.now() < deadline, processes.map(({ log }) => log()).join('\n'))
    }
  })
  after(async () => {
    for (const { child } of processes) child.kill()
    await keystone.close()
  })

  /** One request on a connection of its own, so that any of the processes may get it. */
  async function ask(
    method: string,
    path: string,
    headers: Record<string, string> = {},
    body?: unknown,
  ): Promise<Answer> {
    const sent = request({ host: '127.0.0.1', port, method, path, agent: false, headers })
    sent.end(body === undefined ? undefined : JSON.stringify(body))
    try {
      const [response] = (await once(sent, 'response')) as [IncomingMessage]
      await text(response)
      return {
        status: response.statusCode!,
        requestId: String(response.headers['x-openstack-request-id']),
        token: String(response.headers['x-subject-token']),
      }
    } catch {
      await pause(100)
      return { status: 0, requestId: '', token: '' }
    }
  }

  /** The processes that gave these answers, by what they log. */
  async function answeredBy(answers: readonly Answer[]): Promise<Set<number>> {
    const owners = () =>
      answers.map(({ requestId }) => processes.findIndex(({ log }) => log().includes(`"${requestId}"`)))
    // The log follows the answer.
    for (let wait = 0; wait < 50 && owners().includes(-1); wait++) await pause(20)
    return new Set(owners())
  }
  const both = async () => {
    const answers = await Promise.all(Array.from({ length: 16 }, () => ask('GET', '/v3')))
    return answers.every(({ status }) => status === 200) && (await answeredBy(answers)).size === 2
  }

  const login = async () => {
    const user = { name: 'admin', domain: { id: 'default' }, password: passwordOf('admin') }
    const identity = { methods: ['password'], password: { user } }
    const auth = { identity, scope: onProject('admin') }
    const answer = await ask('POST', '/v3/auth/tokens', { 'content-type': 'application/json' }, { auth })
    assert.equal(answer.status, 201)
    return answer.token
  }
  const validations = (token: string, subject: string) =>
    Promise.all(
      Array.from({ length: 24 }, () =>
        ask('GET', '/v3/auth/tokens', { 'x-auth-token': token, 'x-subject-token': subject }),
      ),
    )

  it('refuse a token at once, whichever of them revoked it', async () => {
    const revokers = new Set<number>()
    for (let round = 0; revokers.size < 2; round++) {
      assert.ok(round < 20, 'one process revoked them all')
      const [admin, subject] = [await login(), await login()]
      const good = await validations(admin, subject)
      assert.deepEqual(new Set(good.map(({ status }) => status)), new Set([200]))
      assert.equal((await answeredBy(good)).size, 2)

      const headers = { 'x-auth-token': admin, 'x-subject-token': subject }
      const revoked = await ask('DELETE', '/v3/auth/tokens', headers)
      assert.equal(revoked.status, 204)
      const refused = await validations(admin, subject)
      assert.deepEqual(new Set(refused.map(({ status }) => status)), new Set([404]))
      assert.equal((await answeredBy(refused)).size, 2)
      for (const revoker of await answeredBy([revoked])) revokers.add(revoker)
    }
  })

  it('read the policy file again at SIGHUP', async () => {
    const headers = { 'x-auth-token': await login() }
    const statuses = async () => {
      const answers = await Promise.all(Array.from({ length: 24 }, () => ask('GET', '/v3/services', headers)))
      assert.equal((await answeredBy(answers)).size, 2)
      return [...new Set(answers.map(({ status }) => status))]
    }
    assert.deepEqual(await statuses(), [200])
    writeFileSync(policyFile, '"identity:list_services": "!"')
    await Promise.all(
      processes.map(async ({ child, log }) => {
        child.kill('SIGHUP')
        while (!log().includes('"reloaded"')) await once(child.stdout, 'data')
      }),
    )
    assert.deepEqual(await statuses(), [403])
  })

  it('end when they are told to', async () => {
    for (const { child } of processes) child.kill('SIGTERM')
    const codes = await Promise.all(processes.map(({ ended }) => ended))
    assert.deepEqual(codes, [0, 0])
  })
})

function start(conf: string) {
  const child = spawn(process.execPath, ['--conditions=source', program, '--config-file', conf], {
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  let log = ''
  for (const stream of [child.stdout, child.stderr])
    stream.setEncoding('utf8').on('data', (chunk: string) => (log += chunk))
  const ended = once(child, 'exit').then(([code]) => code as number | null)
  return { child, ended, log: () => log }
}
