// What a validation costs: GET /v3/auth/tokens of one Keystone process against a bare server that answers the same bytes.
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as delay } from 'node:timers/promises'
import { password, Session } from '@longhaul/keystoneauth'
import { startKeystone } from './keystone.ts'
import { roundOptions } from './options.ts'
import { cores, PinnedProcess } from './pinned-process.ts'
import { report } from './report.ts'
import { measure } from './rounds.ts'

const options = roundOptions('bench:validate', 'What a validation costs beside a bare HTTP server')
const directory = mkdtempSync(join(tmpdir(), 'longhaul-bench-'))
const keystone = await startKeystone(directory)
const url = `http://127.0.0.1:${keystone.port}/v3`
const session = new Session({ userAgent: 'bench', timeout: 10 })
let bare: PinnedProcess | undefined
try {
  await untilAnswers(url)
  const admin = password({
    authUrl: url,
    username: 'admin',
    password: keystone.adminPassword,
    userDomainName: 'Default',
    projectName: 'admin',
    projectDomainName: 'Default',
  })
  // As a service does it: its own token asks for somebody else's.
  const caller = await admin.getToken(session)
  admin.invalidate()
  const subject = await admin.getToken(session)
  const headers = { 'X-Auth-Token': caller!, 'X-Subject-Token': subject! }
  const answer = await fetch(`${url}/auth/tokens`, { headers })
  const body = await answer.text()
  const kept = [...answer.headers].filter(([name]) => !['date', 'connection', 'keep-alive'].includes(name))
  bare = new PinnedProcess(cores.server, join(import.meta.dirname, 'servers/bare.ts'), [], {
    LONGHAUL_ANSWER: JSON.stringify({ headers: Object.fromEntries(kept), body }),
  })
  const { port } = await bare.said<{ port: number }>('port')
  const request = { host: '127.0.0.1', path: '/v3/auth/tokens', headers }
  const samples = await measure(
    [
      { name: 'bare node:http', server: bare, request: { ...request, port } },
      {
        name: 'keystone, one process',
        server: keystone.process,
        request: { ...request, port: keystone.port },
      },
    ],
    options,
  )
  const goals = { 'keystone, one process': 0.4 }
  const title = 'GET /v3/auth/tokens against a bare node:http server that answers the same bytes'
  const bodyBytes = Buffer.byteLength(body)
  if (!report(title, samples, { ...options, base: 'bare node:http', goals, bodyBytes })) process.exitCode = 1
} finally {
  await Promise.all([session.close(), keystone.process.stop(), bare?.stop()])
  rmSync(directory, { recursive: true, force: true })
}

async function untilAnswers(at: string): Promise<void> {
  const deadline = performance.now() + 20_000
  for (;;) {
    try {
      await (await fetch(at)).arrayBuffer()
      return
    } catch (error) {
      if (performance.now() > deadline) throw error
      await delay(50)
    }
  }
}
