import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type Socket } from 'node:net'
import { readdirSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { scratch } from './fixtures/scratch.ts'
import { Monitors } from './monitors.ts'

/** A monitor that greets and says yes to everything. */
async function bench(t: TestContext) {
  const directory = scratch(t)
  const sockets: Socket[] = []
  const server = createServer((socket) => {
    sockets.push(socket)
    socket.on('error', () => {})
    socket.write('{"QMP": {"version": {}, "capabilities": []}}\n')
    socket.setEncoding('utf8').on('data', (text: string) => {
      for (const line of text.trim().split('\n')) {
        socket.write(`{"return": {}, "id": ${(JSON.parse(line) as { id: number }).id}}\n`)
      }
    })
  })
  const listen = async () => {
    server.listen(join(directory, 'qmp'))
    await once(server, 'listening')
  }
  const monitors = new Monitors(() => directory)
  t.after(() => {
    monitors.close()
    server.close()
    for (const socket of sockets) socket.destroy()
  })
  return { monitors, listen, sockets }
}

const openFiles = () => readdirSync('/proc/self/fd').length

test('Everybody shares one connection to a guest', async (t) => {
  const { monitors, listen, sockets } = await bench(t)
  await listen()
  const [one, two] = await Promise.all([monitors.get('a'), monitors.get('a')])
  assert.equal(one, two)
  assert.equal(await monitors.get('a'), one)
  assert.equal(sockets.length, 1)
})

test('A connection that was lost, or closed, is made anew', async (t) => {
  const { monitors, listen, sockets } = await bench(t)
  await listen()
  const one = await monitors.get('a')
  const lost = once(one, 'close')
  sockets[0]?.destroy()
  await lost
  const two = await monitors.get('a')
  assert.notEqual(two, one)
  monitors.close('other')
  assert.equal(await monitors.get('a'), two)
  const closed = once(two, 'close')
  monitors.close('a')
  await closed
  assert.notEqual(await monitors.get('a'), two)
})

test('A guest that does not greet is asked again by the next one, and no file stays open', async (t) => {
  const { monitors, listen } = await bench(t)
  const before = openFiles()
  for (let count = 0; count < 5; count += 1) {
    await assert.rejects(monitors.get('a', 20), { code: 'qmp_timeout' })
  }
  assert.ok(openFiles() <= before, `${openFiles()} files, ${before} before`)
  await listen()
  await monitors.get('a')
})

test('A connection that is closed while it is being made is closed when it is', async (t) => {
  const { monitors, listen } = await bench(t)
  const connecting = monitors.get('a', 60_000)
  monitors.close()
  await listen()
  const client = await connecting
  if (!client.closed) await once(client, 'close')
})
