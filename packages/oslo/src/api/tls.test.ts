import assert from 'node:assert/strict'
import { once } from 'node:events'
import type { IncomingMessage } from 'node:http'
import { get } from 'node:https'
import { text as readText } from 'node:stream/consumers'
import { test } from 'node:test'
import { createLogger } from '../log/index.ts'
import { createApi, identityErrorFormat, listen, readTls } from './index.ts'

const fixture = (name: string) => new URL(`fixtures/test-only.${name}.pem`, import.meta.url).pathname
const files = { certfile: fixture('cert'), keyfile: fixture('key') }

test('a listener with a certificate speaks TLS on any address, and its links say https', async (t) => {
  const tls = readTls(files)
  assert.ok(tls)
  const logger = createLogger({ service: 'test', level: 'silent' })
  const app = createApi({ service: 'test', version: '1', logger, errorFormat: identityErrorFormat, tls })
  t.after(() => app.close())
  app.get('/base', async (request) => app.api.baseUrl(request))
  const { port } = new URL(await listen(app, { host: '0.0.0.0', port: 0 }))
  const request = get(`https://localhost:${port}/base`, { ca: tls.cert, agent: false, family: 4 })
  const [response] = (await once(request, 'response')) as [IncomingMessage]
  assert.equal(await readText(response), `https://localhost:${port}`)
})

test('without certificate and key there is no TLS, with only one of them an error', () => {
  assert.equal(readTls({}), undefined)
  assert.throws(() => readTls({ certfile: files.certfile }), /both/)
  assert.throws(() => readTls({ keyfile: files.keyfile }), /both/)
  assert.throws(() => readTls({ ...files, cafile: '/nonexistent/ca.pem' }), { code: 'ENOENT' })
})
