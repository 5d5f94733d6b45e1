import assert from 'node:assert/strict'
import { describe, it } from 'node:test'
import fastify, { type FastifyInstance } from 'fastify'
import { fastifyAuthToken, type FastifyAuthTokenOptions } from './fastify.ts'
import { createAuthToken, type AuthTokenOptions } from './auth-token.ts'
import { InvalidToken } from './errors.ts'

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

describe('the fastify adapter', () => {
  it('stands before routes that do not exist and those of plugins', async () => {
    const app = strangers()
    await app.register(async (part) => part.get('/part', async () => 'reached'))
    for (const url of ['/nowhere', '/part']) {
      const answer = await app.inject({ url })
      assert.deepEqual([answer.statusCode, answer.headers['www-authenticate']], [401, challenge], url)
    }
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
})
