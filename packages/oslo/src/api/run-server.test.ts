import assert from 'node:assert/strict'
import { EventEmitter, once } from 'node:events'
import { Agent, get } from 'node:http'
import type { IncomingMessage } from 'node:http'
import { text as readText } from 'node:stream/consumers'
import { test } from 'node:test'
import type { TestContext } from 'node:test'
import { createLogger } from '../log/index.ts'
import { createApi, identityErrorFormat, isLoopback, listen, runServer } from './index.ts'
import type { ServerOptions, ServerProcess } from './index.ts'

class FakeProcess extends EventEmitter implements ServerProcess {
  readonly ended = Promise.withResolvers<number>()
  exit(code: number): void {
    this.ended.resolve(code)
  }
}

async function start(t: TestContext, options: Partial<ServerOptions> = {}) {
  const events = new EventEmitter()
  const messages: string[] = []
  const logger = createLogger({
    service: 'test',
    stream: {
      write: (line) => {
        const fields = JSON.parse(line) as { msg: string; url?: string }
        messages.push(fields.msg)
        events.emit(fields.msg, fields)
      },
    },
  })
  const app = createApi({ service: 'test', version: '1', logger, errorFormat: identityErrorFormat })
  const reached = Promise.withResolvers<void>()
  const release = Promise.withResolvers<string>()
  app.get('/slow', async () => {
    reached.resolve()
    return await release.promise
  })
  const proc = new FakeProcess()
  const listening = once(events, 'listening')
  void runServer({ app, logger, host: '127.0.0.1', port: 0, process: proc, ...options })
  const [{ url }] = (await listening) as [{ url: string }]
  const agent = new Agent({ keepAlive: true })
  t.after(() => agent.destroy())
  const fetchText = async (path: string): Promise<string> => {
    const [response] = (await once(get(`${url}${path}`, { agent }), 'response')) as [IncomingMessage]
    return await readText(response)
  }
  return { app, logger, proc, events, messages, url, reached: reached.promise, release, fetchText }
}

for (const signal of ['SIGTERM', 'SIGINT']) {
  test(`at ${signal} running requests are finished, kept connections closed, then onStop, then status 0`, async (t) => {
    const order: string[] = []
    const server = await start(t, { onStop: () => void order.push('onStop') })
    await server.fetchText('/healthcheck')
    const answer = server.fetchText('/slow').then((text) => order.push(text))
    await server.reached
    const stopping = once(server.events, 'stopping')
    server.proc.emit(signal, signal)
    await stopping
    await assert.rejects(once(get(`${server.url}/healthcheck`, { agent: false }), 'response'), {
      code: 'ECONNREFUSED',
    })
    server.release.resolve('finished')
    await answer
    assert.equal(await server.proc.ended.promise, 0)
    assert.deepEqual(order, ['finished', 'onStop'])
    assert.deepEqual(server.messages.slice(-1), ['stopped'])
  })
}

test('a request that outlasts the deadline is cut, and the status is still 0', async (t) => {
  const server = await start(t, { deadlineMs: 1 })
  const answer = assert.rejects(server.fetchText('/slow'))
  await server.reached
  server.proc.emit('SIGTERM', 'SIGTERM')
  await answer
  assert.equal(await server.proc.ended.promise, 0)
})

test('a second signal does not wait for the deadline', async (t) => {
  const server = await start(t)
  const answer = assert.rejects(server.fetchText('/slow'))
  await server.reached
  const stopping = once(server.events, 'stopping')
  server.proc.emit('SIGTERM', 'SIGTERM')
  await stopping
  server.proc.emit('SIGINT', 'SIGINT')
  await answer
  assert.equal(await server.proc.ended.promise, 0)
})

test('SIGHUP reloads, and a failing reload leaves the server running', async (t) => {
  let reloads = 0
  const server = await start(t, {
    onReload: () => {
      if (++reloads === 2) throw new Error('bad option')
    },
  })
  for (const outcome of ['reloaded', 'reload failed', 'reloaded']) {
    const done = once(server.events, outcome)
    server.proc.emit('SIGHUP')
    await done
  }
  assert.equal(await server.fetchText('/healthcheck'), 'OK')
  server.proc.emit('SIGTERM', 'SIGTERM')
  assert.equal(await server.proc.ended.promise, 0)
})

test('SIGHUP reads mutable options again, the level of the log among them', async (t) => {
  let level = 'info'
  const conf = {
    reload() {
      level = 'debug'
      return { changed: ['[DEFAULT] log_level'], ignored: [] }
    },
  }
  const server = await start(t, { conf, level: () => level })
  const done = once(server.events, 'reloaded')
  server.proc.emit('SIGHUP')
  await done
  assert.equal(server.logger.level, 'debug')
  server.proc.emit('SIGTERM', 'SIGTERM')
  assert.equal(await server.proc.ended.promise, 0)
})

test('an uncaught error ends the process with status 1', async (t) => {
  const server = await start(t)
  t.after(() => server.app.close())
  server.proc.emit('uncaughtException', new Error('lost'))
  assert.equal(await server.proc.ended.promise, 1)
  assert.ok(server.messages.includes('uncaught error'))
})

test('a failing onStop ends with status 1', async (t) => {
  const server = await start(t, { onStop: () => Promise.reject(new Error('stuck')) })
  server.proc.emit('SIGTERM', 'SIGTERM')
  assert.equal(await server.proc.ended.promise, 1)
})

function plainApp(t: TestContext) {
  const logger = createLogger({ service: 'test', level: 'silent' })
  const app = createApi({ service: 'test', version: '1', logger, errorFormat: identityErrorFormat })
  t.after(() => app.close())
  return app
}

test('plain HTTP is refused on an address that others reach, unless it is asked for', async (t) => {
  for (const host of ['0.0.0.0', '::', '192.0.2.1', 'example.org']) {
    await assert.rejects(listen(plainApp(t), { host, port: 0 }), { code: 'plain_http_refused' })
  }
  assert.match(await listen(plainApp(t), { host: '0.0.0.0', port: 0, allowPlainHttp: true }), /^http:/)
})

test('loopback is 127.0.0.0/8, ::1 and localhost', () => {
  const hosts = [
    '127.0.0.1',
    '127.9.9.9',
    '::1',
    'localhost',
    '0.0.0.0',
    '10.0.0.1',
    '::',
    '::2',
    'localhost.example.org',
  ]
  assert.deepEqual(hosts.filter(isLoopback), ['127.0.0.1', '127.9.9.9', '::1', 'localhost'])
})

test('two servers share a port with reusePort and cannot without', async (t) => {
  const first = await listen(plainApp(t), { host: '127.0.0.1', port: 0, reusePort: true })
  const port = Number(new URL(first).port)
  assert.equal(await listen(plainApp(t), { host: '127.0.0.1', port, reusePort: true }), first)
  await assert.rejects(listen(plainApp(t), { host: '127.0.0.1', port }), { code: 'EADDRINUSE' })
})
