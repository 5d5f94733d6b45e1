// The load: `load.ts CONNECTIONS`, the request as JSON in LONGHAUL_LOAD. Each line of its standard input is a number of
// seconds of load, and each is answered with {"requests":…,"seconds":…}.
// Kept as cheap as can be, so that the server and not the load is what is measured: answers are told apart by their
// length, which is learnt from the first one; each has to begin with the status 200.
import { connect, type Socket } from 'node:net'
import { createInterface } from 'node:readline'

export interface LoadRequest {
  host: string
  port: number
  path: string
  headers: Record<string, string>
}

const connections = Number(process.argv[2])
const wanted = JSON.parse(process.env['LONGHAUL_LOAD'] ?? '{}') as LoadRequest
const { host, port, path, headers } = wanted
const head = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`)
const request = Buffer.from(`GET ${path} HTTP/1.1\r\nHost: ${host}:${port}\r\n${head.join('')}\r\n`, 'latin1')
const ok = Buffer.from('HTTP/1.1 200 ')

const length = await lengthOfAnswer()
for await (const seconds of createInterface({ input: process.stdin })) {
  console.log(JSON.stringify(await load(Number(seconds))))
}

/** What is under way, for the connections to see. */
interface Load {
  requests: number
  stopped: boolean
}

async function load(seconds: number): Promise<{ requests: number; seconds: number }> {
  const state: Load = { requests: 0, stopped: false }
  const started = performance.now()
  const loops = Array.from({ length: connections }, () => loop(state))
  setTimeout(() => (state.stopped = true), seconds * 1000)
  await Promise.all(loops)
  return { requests: state.requests, seconds: (performance.now() - started) / 1000 }
}

function loop(state: Load): Promise<void> {
  const socket = open()
  let missing = length
  socket.write(request)
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('close', () =>
      state.stopped ? resolve() : reject(new Error('the server closed a connection')),
    )
    socket.on('data', (chunk: Buffer) => {
      if (missing === length && !chunk.subarray(0, ok.length).equals(ok)) {
        reject(new Error(`not 200: ${chunk.toString('latin1', 0, 80)}`))
      }
      missing -= chunk.length
      if (missing > 0) return
      if (missing < 0) reject(new Error('the answers are not all of one length'))
      state.requests += 1
      missing = length
      if (state.stopped) socket.destroy()
      else socket.write(request)
    })
  })
}

function open(): Socket {
  return connect({ host, port, noDelay: true })
}

/** One request whose answer ends when nothing more comes for the Content-Length that it names. */
async function lengthOfAnswer(): Promise<number> {
  const socket = open()
  socket.write(request)
  let text = ''
  for await (const chunk of socket) {
    text += (chunk as Buffer).toString('latin1')
    const end = text.indexOf('\r\n\r\n')
    const body = Number(/\r\ncontent-length: (\d+)/i.exec(text)?.[1])
    if (end >= 0 && text.length >= end + 4 + body) break
  }
  socket.destroy()
  return text.length
}
