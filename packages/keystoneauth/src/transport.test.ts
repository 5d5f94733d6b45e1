import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createReadStream, readFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type RequestListener } from 'node:http'
import { createServer as createTlsServer } from 'node:https'
import type { AddressInfo } from 'node:net'
import { Readable } from 'node:stream'
import { setImmediate as turn } from 'node:timers/promises'
import { fileURLToPath } from 'node:url'
import { test, type TestContext } from 'node:test'
import { stage } from './fixtures/stage.ts'
import {
  BodyFailure,
  ConnectFailure,
  ConnectTimeout,
  InvalidResponse,
  isRetriable,
  OptionError,
  Session,
  SSLError,
  Unauthorized,
} from './index.ts'

const cafile = fileURLToPath(new URL('fixtures/loopback-cert.pem', import.meta.url))
const keyfile = fileURLToPath(new URL('fixtures/loopback-key.pem', import.meta.url))

async function listening(t: TestContext, listener: RequestListener, tls = false): Promise<string> {
  const files = tls ? { cert: readFileSync(cafile), key: readFileSync(keyfile) } : {}
  const server = tls ? createTlsServer(files, listener) : createServer(listener)
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => {
    server.closeAllConnections()
    server.close()
  })
  return `${tls ? 'https' : 'http'}://127.0.0.1:${(server.address() as AddressInfo).port}`
}

function opened(t: TestContext, options: ConstructorParameters<typeof Session>[0] = {}): Session {
  const session = new Session({ sleep: async () => undefined, ...options })
  t.after(() => session.close())
  return session
}

async function* endless(): AsyncGenerator<Buffer> {
  for (;;) {
    await turn()
    yield Buffer.alloc(65_536)
  }
}

function closed(source: Readable): Promise<void> {
  return new Promise((resolve) => (source.closed ? resolve() : source.once('close', resolve)))
}

test('A certificate of nobody known is refused at once; cafile and insecure accept it', async (t) => {
  let connections = 0
  const url = await listening(t, (_request, response) => void (connections++, response.end('{}')), true)
  await assert.rejects(opened(t).get(url, { connectRetries: 3 }), SSLError)
  assert.equal(connections, 0)
  assert.equal((await opened(t, { cafile }).get(url)).status, 200)
  assert.equal((await opened(t, { insecure: true, cafile: '/does/not/matter' }).get(url)).status, 200)
})

test('A server that does not answer in time is a timeout, worth another try later', async (t) => {
  const { session, service } = await stage(t)
  const target = await service(() => undefined)
  await assert.rejects(
    session.get(target.url, { timeout: 0.02 }),
    (error) => error instanceof ConnectTimeout && isRetriable(error),
  )
  assert.equal(target.seen.length, 1)
})

test('A connection that breaks is told without what the URL holds', async (t) => {
  const url = await listening(t, (_request, response) => void response.destroy())
  const secret = url.replace('http://', 'http://user:secret@')
  await assert.rejects(
    opened(t).get(`${secret}/path?token=secret`),
    (error) =>
      error instanceof ConnectFailure && /\/path: /.test(error.message) && !/secret/.test(error.message),
  )
})

test('A header that cannot be sent is the fault of the caller, and its value is not told', async (t) => {
  const headers = { 'X-Auth-Token': 'secret\nvalue' }
  const source = Readable.from(['body'])
  await assert.rejects(
    opened(t).put('http://127.0.0.1:1', { headers, connectRetries: 3, body: { open: () => source } }),
    (error) => error instanceof OptionError && !/secret/.test(error.message),
  )
  await closed(source)
})

test('A body that cannot be read is the fault of the body, and is not tried again', async (t) => {
  const { session, service, waits } = await stage(t)
  const target = await service(() => 200)
  let tries = 0
  const missing = { open: () => (tries++, createReadStream('/nonexistent/image')), length: 5 }
  await assert.rejects(
    session.put(target.url, { body: missing, connectRetries: 3 }),
    (error) => error instanceof BodyFailure && /ENOENT/.test(error.message) && !isRetriable(error),
  )
  const short = { open: () => Readable.from([Buffer.from('abc')]), length: 5 }
  await assert.rejects(session.put(target.url, { body: short, connectRetries: 3 }), BodyFailure)
  assert.equal(tries, 1)
  assert.deepEqual(waits, [])
})

test('A connection that breaks within an upload is no fault of the body', async (t) => {
  const url = await listening(t, (request, response) => void request.once('data', () => response.destroy()))
  let tries = 0
  const body = { open: () => (tries++, endless()) }
  await assert.rejects(opened(t).put(url, { body, connectRetries: 2 }), ConnectFailure)
  assert.equal(tries, 3)
})

test('What a body opened is closed when nobody listens, and when the refusal comes first', async (t) => {
  const { session } = await stage(t)
  const url = await listening(t, (_request, response) => void response.writeHead(401).end())
  const sources: Readable[] = []
  const body = { open: () => sources.at(sources.push(Readable.from(endless())) - 1)! }
  await assert.rejects(session.put(url, { body }), Unauthorized)
  await assert.rejects(session.put('http://127.0.0.1:1', { body }), ConnectFailure)
  assert.equal(sources.length, 2)
  await Promise.all(sources.map(closed))
})

test('An upload takes constant memory, however slow the other side reads', async (t) => {
  const chunk = Buffer.alloc(65_536)
  const chunks = 1024
  let sent = 0
  let received = 0
  let ahead = 0
  const read = async (request: IncomingMessage) => {
    for await (const part of request) {
      received += (part as Buffer).length
      ahead = Math.max(ahead, sent - received)
      await turn()
    }
  }
  const url = await listening(t, (request, response) => void read(request).then(() => response.end('{}')))
  const source = async function* () {
    for (let count = 0; count < chunks; count++) {
      sent += chunk.length
      yield chunk
    }
  }
  await opened(t).put(url, { body: { open: source, length: chunks * chunk.length } })
  assert.equal(received, chunks * chunk.length)
  assert.ok(ahead < received / 4, `${ahead} bytes were taken from the source and not yet received`)
})

test('A streamed download begins before the other side has ended', async (t) => {
  let end = () => {}
  const url = await listening(t, (_request, response) => {
    response.write('first')
    end = () => void response.end('last')
  })
  const { body } = await opened(t).get(url, { stream: true })
  const chunks: string[] = []
  for await (const part of body) {
    chunks.push(String(part))
    end()
  }
  assert.deepEqual(chunks, ['first', 'last'])
})

test('A download can be streamed; its bytes can still be had at once', async (t) => {
  const url = await listening(t, (_request, response) => void response.end('some bytes'))
  const session = opened(t)
  const chunks: Buffer[] = []
  for await (const part of (await session.get(url, { stream: true })).body) chunks.push(part as Buffer)
  assert.equal(Buffer.concat(chunks).toString(), 'some bytes')
  assert.equal(await (await session.get(url, { stream: true })).text(), 'some bytes')
  const whole = await session.get(url)
  assert.equal(await whole.text(), await whole.text())
  await assert.rejects(
    whole.json(),
    (error) => error instanceof InvalidResponse && !/some bytes/.test(error.message),
  )
})

test('An abort ends a request under way with its own reason', async (t) => {
  const reason = new Error('given up')
  const aborting = new AbortController()
  const url = await listening(t, () => aborting.abort(reason))
  await assert.rejects(opened(t).get(url, { signal: aborting.signal, connectRetries: 3 }), reason)
})

test('A closed session says so', async () => {
  const session = new Session()
  await session.close()
  await assert.rejects(session.get('http://127.0.0.1:1'), { code: 'session_closed' })
})
