import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { it } from 'node:test'
import Koa from 'koa'
import { createAuthToken } from './auth-token.ts'
import { InvalidToken } from './errors.ts'
import { ask } from './fixtures/ask.ts'
import { koaAuthToken } from './koa.ts'

it('koa: a 401 that is thrown carries the challenge, and a rejection is seen by middleware before', async () => {
  const app = new Koa()
  const statuses: number[] = []
  app.silent = true
  app.use(async (ctx, next) => {
    await next()
    statuses.push(ctx.status)
  })
  const settings = {
    fetchToken: () => Promise.reject(new InvalidToken()),
    wwwAuthenticateUri: 'http://keystone',
  }
  const [strict, delaying] = [false, true].map((delayAuthDecision) =>
    koaAuthToken(createAuthToken({ ...settings, delayAuthDecision })),
  )
  app.use((ctx, next) => (ctx.path === '/strict' ? strict! : delaying!)(ctx, next))
  app.use((ctx) => ctx.throw(401))
  const answer = app.callback()
  const server = createServer((request, response) => void answer(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  for (const path of ['/strict', '/thrown']) {
    const { statusCode, headers } = await ask(`${url}${path}`)
    assert.deepEqual([statusCode, headers['www-authenticate']], [401, 'Keystone uri="http://keystone"'], path)
  }
  server.closeAllConnections()
  server.close()
  assert.deepEqual(statuses, [401])
})
