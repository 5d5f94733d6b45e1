import assert from 'node:assert/strict'
import { request as httpRequest } from 'node:http'
import type { AddressInfo } from 'node:net'
import { describe, it } from 'node:test'
import fastify, { type FastifyInstance } from 'fastify'
import { fastifyAuthToken, type FastifyAuthTokenOptions } from './fastify.ts'
import { createAuthToken, type AuthTokenOptions } from './auth-token.ts'
import { InvalidToken } from './errors.ts'
import { startLab } from './fixtures/lab.ts'

const challenge = 'Keystone uri="http://127.0.0.1:5000"'

/** An application whose Keystone knows no token. */
function strangers(
  options: FastifyAuthTokenOptions = {},
  settings: Partial<AuthTokenOptions> = {},
): FastifyInstance {
  const app = fastify()
  const authToken = createAuthToken({
    fetchToken: () => Promise.reject(new InvalidToken()),
    wwwAuthenticateUri: 'http://127.0.0.1:5000',
    ...settings,
  })
  fastifyAuthToken(app, authToken, options)
  return app
}

/** Sends headers as they are written, over a socket. */
async function overSocket(app: FastifyInstance, headers: string[]): Promise<string> {
  await app.listen({ host: '127.0.0.1', port: 0 })
  const { port } = app.server.address() as AddressInfo
  const answer = await new Promise<string>((resolve, reject) => {
    const sent = httpRequest({ port, host: '127.0.0.1', headers }, (response) => {
      response.setEncoding('utf8')
      let text = ''
      response.on('data', (piece: string) => (text += piece)).on('end', () => resolve(text))
    })
    sent.on('error', reject).end()
  })
  await app.close()
  return answer
}

describe('the fastify adapter', () => {
  it('removes forged headers in every spelling, from every place', async () => {
    const app = strangers({}, { delayAuthDecision: true })
    app.get('/', async ({ raw, headers }) => ({
      headers,
      raw: raw.rawHeaders,
      distinct: raw.headersDistinct,
    }))
    const forged = ['X-ROLES', 'x_roles', 'x-Service-User_Id', 'OpenStack-System-Scope', 'X-Identity-Status']
    const sent = ['Host', 'h', 'X-Trust-Id', 'kept', ...forged.flatMap((name) => [name, 'forged'])]
    const answer = await overSocket(app, sent)
    assert.ok(!answer.includes('forged'), answer)
    assert.match(answer, /"x-trust-id":"kept".*"X-Trust-Id","kept".*"x-trust-id":\["kept"\]/s)
  })

  it('leaves the request alone unless asked to write headers', async () => {
    await using lab = await startLab()
    const app = lab.application({ adapter: {} })
    const answer = await app.inject({ url: '/', headers: { 'X-Auth-Token': lab.issue('demo') } })
    const { saw, set } = answer.json<{ saw: Record<string, string>; set: Record<string, string> }>()
    assert.equal(saw['x-user-id'], undefined)
    assert.equal(set['X-User-Id'], 'id-user-demo')
  })

  it('stands before routes that do not exist and those of plugins', async () => {
    const app = strangers()
    await app.register(async (part) => part.get('/part', async () => 'reached'))
    for (const url of ['/nowhere', '/part']) {
      const answer = await app.inject({ url })
      assert.deepEqual([answer.statusCode, answer.headers['www-authenticate']], [401, challenge], url)
    }
  })

  it('exempts requests, which stay unauthenticated and stripped', async () => {
    let asked = 0
    const fetchToken = () => Promise.reject(new InvalidToken(String(asked++) ? undefined : {}))
    const app = strangers({ exempt: (request) => request.url === '/healthcheck' }, { fetchToken })
    app.get('/healthcheck', async ({ keystone, headers }) => ({
      status: keystone.identityStatus,
      reason: keystone.reason,
      roles: headers['x-roles'] ?? null,
    }))
    const answer = await app.inject({
      url: '/healthcheck',
      headers: { 'X-Auth-Token': 'some', 'X-Roles': 'admin' },
    })
    assert.deepEqual(answer.json(), { status: 'Invalid', reason: 'request_exempt', roles: null })
    assert.equal(asked, 0)
    assert.equal((await app.inject({ url: '/healthcheck/more' })).statusCode, 401)
  })

  it("adds the challenge to the application's own 401s, without replacing its own", async () => {
    const app = strangers({}, { delayAuthDecision: true })
    app.get('/plain', async (_request, reply) => reply.code(401).send({}))
    app.get('/thrown', async () => {
      throw Object.assign(new Error('log in'), { statusCode: 401 })
    })
    app.get('/own', async (_request, reply) => reply.code(401).header('WWW-Authenticate', 'Basic').send({}))
    app.get('/forbidden', async (_request, reply) => reply.code(403).send({}))
    const challenges: Record<string, unknown> = {}
    for (const url of ['/plain', '/thrown', '/own', '/forbidden']) {
      challenges[url] = (await app.inject({ url })).headers['www-authenticate']
    }
    assert.deepEqual(challenges, {
      '/plain': challenge,
      '/thrown': challenge,
      '/own': 'Basic',
      '/forbidden': undefined,
    })
  })

  it('does not mix up requests that run at the same time', async () => {
    await using lab = await startLab()
    const app = lab.application()
    const persons = ['demo', 'nova', 'plainsvc'] as const
    const answers = await Promise.all(
      Array.from({ length: 60 }, async (_unused, index) => {
        const person = persons[index % 3]!
        const headers = { 'X-Auth-Token': lab.issue(person) }
        const answer = await app.inject({ url: '/', headers })
        return [person, answer.json<{ saw: Record<string, string> }>().saw['x-user-name']]
      }),
    )
    for (const [person, name] of answers) assert.equal(name, person)
  })
})
