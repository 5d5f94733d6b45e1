import assert from 'node:assert/strict'
import { once } from 'node:events'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type Socket } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { QmpClient, QmpError } from './index.ts'

interface Command {
  execute: string
  arguments?: object
  id: number
}

type Answer = (command: Command, socket: Socket) => void

const greeting = '{"QMP": {"version": {}, "capabilities": []}}\r\n'
const done: Answer = ({ id }, socket) => void socket.write(`{"return": {}, "id": ${id}}\r\n`)
const stopEvent = '{"event": "STOP", "timestamp": {"seconds": 1, "microseconds": 0}}\n'
const named = (name: string) => `{"event": "${name}", "timestamp": {"seconds": 1, "microseconds": 0}}\n`

function scratch(t: TestContext): string {
  const directory = mkdtempSync(join(tmpdir(), 'qmp-'))
  t.after(() => rmSync(directory, { recursive: true }))
  return directory
}

async function listening(t: TestContext, path: string, accept: (socket: Socket) => void): Promise<void> {
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    sockets.add(socket)
    socket.on('error', () => {})
    accept(socket)
  })
  server.listen(path)
  await once(server, 'listening')
  t.after(() => {
    server.close()
    for (const socket of sockets) socket.destroy()
  })
}

/** A monitor that greets, accepts the capabilities, and answers the rest by the test's rule. */
function monitor(answer: Answer): (socket: Socket) => void {
  return (socket) => {
    socket.write(greeting)
    socket.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.trim().split('\n')) {
        const command = JSON.parse(line) as Command
        if (command.execute === 'qmp_capabilities') done(command, socket)
        else answer(command, socket)
      }
    })
  }
}

async function connected(
  t: TestContext,
  answer: Answer,
  options: { answerMs?: number } = {},
): Promise<QmpClient> {
  const path = join(scratch(t), 'qmp')
  await listening(t, path, monitor(answer))
  const client = await QmpClient.connect(path, options)
  t.after(() => client.close())
  return client
}

test('Waiting for a socket that does not come is ended by its signal', async () => {
  const giveUp = new AbortController()
  const reason = new Error('its process has ended')
  const waiting = QmpClient.connect(join(tmpdir(), `none-${process.pid}.qmp`), { signal: giveUp.signal })
  giveUp.abort(reason)
  await assert.rejects(waiting, reason)
  await assert.rejects(QmpClient.connect('/none', { signal: giveUp.signal }), reason)
})

test('Answers find their commands, whatever their order', async (t) => {
  const waiting: Command[] = []
  const client = await connected(t, (command, socket) => {
    waiting.unshift(command)
    if (waiting.length < 2) return
    for (const { id, execute } of waiting) socket.write(`{"return": "${execute}", "id": ${id}}\n`)
  })
  assert.deepEqual(await Promise.all([client.execute('one'), client.execute('two')]), ['one', 'two'])
})

test('Arguments are sent as they are, and left out when there are none', async (t) => {
  const commands: Command[] = []
  const client = await connected(t, (command, socket) => {
    commands.push(command)
    done(command, socket)
  })
  await client.execute('job-dismiss', { id: 'job' })
  await client.execute('stop')
  assert.deepEqual(
    commands.map((command) => command.arguments),
    [{ id: 'job' }, undefined],
  )
})

test('Messages may come in pieces, also within a letter', async (t) => {
  const client = await connected(t, ({ id }, socket) => {
    const answer = Buffer.from(`${stopEvent}{"return": "größe", "id": ${id}}\n`)
    const middle = answer.indexOf('ö') + 1
    socket.write(answer.subarray(0, middle), () => socket.write(answer.subarray(middle)))
  })
  assert.equal(await client.execute('x'), 'größe')
  assert.equal(client.events.length, 1)
})

test("A refused command carries QEMU's class and the command's name", async (t) => {
  const client = await connected(
    t,
    ({ id }, socket) =>
      void socket.write(`{"error": {"class": "DeviceNotFound", "desc": "no x"}, "id": ${id}}\n`),
  )
  await assert.rejects(client.execute('device_del'), (error) => {
    assert.ok(error instanceof QmpError)
    assert.deepEqual(
      [error.code, error.class, error.command],
      ['qmp_command_failed', 'DeviceNotFound', 'device_del'],
    )
    return true
  })
})

test('The end of QEMU ends what waits for an answer or an event, and is told', async (t) => {
  const client = await connected(t, (_command, socket) => void socket.destroy())
  const close = once(client, 'close')
  const event = assert.rejects(
    client.waitFor(() => true),
    { code: 'qmp_disconnected' },
  )
  await assert.rejects(client.execute('quit'), { code: 'qmp_disconnected', command: 'quit' })
  await event
  await close
  assert.equal(client.closed, true)
  await assert.rejects(client.execute('query-status'), { code: 'qmp_disconnected' })
  await assert.rejects(
    client.waitFor(() => true),
    { code: 'qmp_disconnected' },
  )
})

test('Closing the connection ends what waits', async (t) => {
  const client = await connected(t, () => {})
  const answer = assert.rejects(client.execute('query-status'), { code: 'qmp_disconnected' })
  client.close()
  await answer
})

test('A command that a hung QEMU does not answer is given up in time, and its late answer is nobody else’s', async (t) => {
  let late = () => {}
  const hung: Answer = (command, socket) => {
    if (command.execute === 'query-jobs') late = () => done(command, socket)
    else socket.write(`{"return": "${command.execute}", "id": ${command.id}}\n`)
  }
  const client = await connected(t, hung, { answerMs: 200 })
  await assert.rejects(client.execute('query-jobs'), { code: 'qmp_timeout', command: 'query-jobs' })
  late()
  assert.equal(await client.execute('query-status'), 'query-status')
  assert.equal(client.closed, false)
})

for (const [what, sent] of [
  ['text that is no message', 'hello\n'],
  ['null', 'null\n'],
  ['an error about no command', '{"error": {"class": "GenericError", "desc": "JSON parse error"}}\n'],
] as const) {
  test(`A monitor that sends ${what} is left`, async (t) => {
    const client = await connected(t, (_command, socket) => void socket.write(sent))
    await assert.rejects(client.execute('x'), (error) => {
      assert.ok(error instanceof QmpError)
      assert.equal(error.code, 'qmp_disconnected')
      assert.match((error.cause as Error).message, /monitor sent/)
      return true
    })
  })
}

test('An event that came before somebody waited for it is not lost, unless a fresh one is asked for', async (t) => {
  const client = await connected(t, (command, socket) => {
    socket.write(stopEvent.replace('"seconds": 1', `"seconds": ${command.id}`))
    done(command, socket)
  })
  const stopped = ({ event }: { event: string }) => event === 'STOP'
  await client.execute('stop')
  const first = await client.waitFor(stopped)
  const fresh = client.waitFor(stopped, { fresh: true })
  await client.execute('stop')
  assert.equal((await fresh).timestamp.seconds, first.timestamp.seconds + 1)
})

test('Of many events the last 256 are kept, and all are told', async (t) => {
  const client = await connected(t, (command, socket) => {
    for (let count = 0; count < 300; count += 1) socket.write(named(`E${count}`))
    done(command, socket)
  })
  let told = 0
  client.on('event', () => (told += 1))
  await client.execute('x')
  assert.deepEqual([told, client.events.length, client.events[0]?.event], [300, 256, 'E44'])
})

test('Waiting for an event ends by its signal, before and after the call', async (t) => {
  const client = await connected(t, done)
  const reason = new Error('enough')
  const controller = new AbortController()
  const waiting = client.waitFor(() => true, { signal: controller.signal })
  controller.abort(reason)
  await assert.rejects(waiting, reason)
  await assert.rejects(
    client.waitFor(() => true, { signal: controller.signal }),
    reason,
  )
  assert.equal(client.listenerCount('event'), 0)
})

test('A rule that throws ends its own wait only', async (t) => {
  const client = await connected(t, (command, socket) => {
    socket.write(stopEvent)
    done(command, socket)
  })
  const broken = client.waitFor(() => {
    throw new Error('broken rule')
  })
  const rejected = assert.rejects(broken, /broken rule/)
  await client.execute('stop')
  await rejected
  assert.equal(client.closed, false)
})

test('A socket that is not there yet is waited for', async (t) => {
  const path = join(scratch(t), 'qmp')
  const connecting = QmpClient.connect(path)
  await listening(t, path, monitor(done))
  const client = await connecting
  client.close()
})

test('A monitor that ends before its greeting is tried again', async (t) => {
  const path = join(scratch(t), 'qmp')
  let tries = 0
  await listening(t, path, (socket) => {
    tries += 1
    if (tries === 1) socket.destroy()
    else monitor(done)(socket)
  })
  const client = await QmpClient.connect(path)
  client.close()
  assert.equal(tries, 2)
})

for (const [what, accept] of [
  ['that is not there', undefined],
  ['where nobody greets', () => {}],
  ['where the capabilities are not answered', (socket: Socket) => void socket.write(greeting)],
] as const) {
  test(`A socket ${what} is given up in time`, async (t) => {
    const path = join(scratch(t), 'qmp')
    if (accept) await listening(t, path, accept)
    await assert.rejects(QmpClient.connect(path, { timeoutMs: 50 }), { code: 'qmp_timeout' })
  })
}

test('A path that can never be connected to is refused at once', async (t) => {
  const file = join(scratch(t), 'file')
  writeFileSync(file, '')
  await assert.rejects(QmpClient.connect(join(file, 'qmp')), { code: 'qmp_disconnected' })
  await assert.rejects(QmpClient.connect(join(file, 'x'.repeat(107))), /more than 107 bytes/)
})

test('Refused capabilities are told at once', async (t) => {
  const path = join(scratch(t), 'qmp')
  const refusal = '{"error": {"class": "CommandNotFound", "desc": "already done"}, "id": 1}\n'
  await listening(t, path, (socket) => {
    socket.write(greeting)
    socket.on('data', () => socket.write(refusal))
  })
  await assert.rejects(QmpClient.connect(path), { code: 'qmp_command_failed', class: 'CommandNotFound' })
})
