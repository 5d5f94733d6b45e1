import assert from 'node:assert/strict'
import { createServer, type Server, type Socket } from 'node:net'
import { Readable } from 'node:stream'
import { test, type TestContext } from 'node:test'
import { ConnectFailure, Session, type RetryNotice } from './index.ts'

/**
 * A server that answers the first request of a connection and ends the connection at the next one, as one does that had
 * closed it while the request was on its way.
 */
async function forgetful(
  t: TestContext,
  close: (socket: Socket) => void,
  answer = 'HTTP/1.1 200 OK\r\nConnection: keep-alive\r\nContent-Length: 2\r\n\r\n{}',
) {
  const seen: string[] = []
  const server: Server = createServer((socket) => {
    let count = 0
    socket.on('error', () => undefined)
    socket.on('data', (data) => {
      seen.push(data.toString().split(' ')[0]!)
      if (++count === 1) socket.write(answer)
      else close(socket)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const retries: RetryNotice[] = []
  const session = new Session({ hooks: { onRetry: (notice) => void retries.push(notice) } })
  t.after(async () => {
    await session.close().catch(() => undefined)
    server.close()
  })
  const address = server.address()
  if (address === null || typeof address === 'string') throw new Error('not listening')
  const url = `http://127.0.0.1:${address.port}/`
  /** One request, after which its connection is kept. */
  const first = async () => {
    await session.get(url)
    await new Promise(setImmediate)
  }
  return { url, session, seen, retries, first }
}

const closings: [string, (socket: Socket) => void][] = [
  ['ended', (socket) => socket.end()],
  ['reset', (socket) => socket.resetAndDestroy()],
]
for (const [how, close] of closings) {
  test(`A kept connection that was ${how} costs an idempotent request nothing`, async (t) => {
    const { url, session, seen, retries, first } = await forgetful(t, close)
    await first()
    assert.equal((await session.put(url, { body: 'x' })).status, 200)
    assert.deepEqual(seen, ['GET', 'PUT', 'PUT'])
    assert.deepEqual(
      retries.map(({ reason }) => reason),
      ['stale_connection'],
    )
  })

  test(`What may not be done twice is not sent twice, though the connection was ${how}`, async (t) => {
    const { url, session, seen, first } = await forgetful(t, close)
    await first()
    await assert.rejects(session.post(url, { json: {} }), ConnectFailure)
    await first()
    await assert.rejects(session.put(url, { body: Readable.from(['x']) }), ConnectFailure)
    assert.deepEqual(seen, ['GET', 'POST', 'GET', 'PUT'])
    await first()
    await session.post(url, { json: {}, idempotent: true })
    assert.deepEqual(seen.slice(4), ['GET', 'POST', 'POST'])
  })
}

test('A new connection that breaks is a failure of its own, and an answer that breaks off is not begun again', async (t) => {
  const broken = await forgetful(
    t,
    (socket) => socket.end(),
    'HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhal',
  )
  const { url, session, seen, retries } = broken
  const request = session.get(url, { timeout: 0.05 })
  await assert.rejects(request)
  assert.deepEqual([seen, retries], [['GET'], []])
})
