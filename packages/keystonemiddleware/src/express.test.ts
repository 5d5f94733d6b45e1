import assert from 'node:assert/strict'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { it } from 'node:test'
import express from 'express'
import { expressAuthToken } from './express.ts'
import { ask } from './fixtures/ask.ts'
import { startLab } from './fixtures/lab.ts'

it('express: access rules are compared with the path of the client, wherever auth_token is mounted', async () => {
  await using lab = await startLab()
  const rules = [{ service: 'image', method: 'GET', path: '/v2/images' }]
  const token = lab.issue('demo', {
    application_credential: { id: 'ac', name: 'ac', restricted: true, access_rules: rules },
  })
  const app = express()
  app.use('/v2', expressAuthToken(lab.authToken({ service_type: 'image' })))
  app.get('/v2/images', (request, response) => response.json(request.keystone.user?.user.name))
  app.get('/open', (_request, response) => response.json('open'))
  const server = createServer(app)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  const answers = [await ask(`${url}/v2/images`, { 'X-Auth-Token': token }), await ask(`${url}/open`)]
  server.closeAllConnections()
  server.close()
  assert.deepEqual(
    answers.map(({ body }) => body),
    ['"demo"', '"open"'],
  )
})
