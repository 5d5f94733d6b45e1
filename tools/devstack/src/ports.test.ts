import assert from 'node:assert/strict'
import { createServer } from 'node:net'
import { test } from 'node:test'
import { freePort } from '@longhaul/oslo/concurrency'
import { choosePorts, isFree } from './ports.ts'

test('A port that somebody asked for and that is busy is an error naming it', async (t) => {
  const server = createServer()
  const port = await freePort()
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve))
  t.after(() => server.close())
  assert.equal(await isFree(port), false)
  await assert.rejects(choosePorts({ glance: port }, false), (error: Error) =>
    error.message.includes(`${port} (glance)`),
  )
})

test('Ports of the kernel are all different and free', async () => {
  const ports = Object.values(await choosePorts({}, false))
  assert.equal(new Set(ports).size, ports.length)
  for (const port of ports) assert.equal(await isFree(port), true)
})
