// What auth_token costs: one fastify application without it and with it, with a user token and with both, all warm.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fakeKeystone } from '@longhaul/keystoneauth/testing'
import { roundOptions } from './options.ts'
import { cores, PinnedProcess } from './pinned-process.ts'
import { report } from './report.ts'
import { measure, type Target } from './rounds.ts'

const options = roundOptions(
  'bench:middleware',
  'What auth_token leaves of the rate of a fastify application',
)
const bodyBytes = 512
const app = join(import.meta.dirname, 'servers/fastify-app.ts')

const directory = mkdtempSync(join(tmpdir(), 'longhaul-bench-'))
const bodyFile = join(directory, 'body.json')
writeFileSync(bodyFile, JSON.stringify({ text: 'x'.repeat(bodyBytes - '{"text":""}'.length) }))
const keystone = await fakeKeystone()
const configFile = join(directory, 'service.conf')
writeFileSync(
  configFile,
  `[keystone_authtoken]
www_authenticate_uri = ${keystone.url}
auth_type = password
auth_url = ${keystone.url}
username = service
password = not-a-secret
user_domain_name = Default
project_name = service
project_domain_name = Default
`,
  { mode: 0o600 },
)
const user = keystone.issue({ userName: 'demo', projectName: 'demo', roleNames: ['member', 'reader'] }).token
const service = keystone.issue({ userName: 'nova', projectName: 'service', roleNames: ['service'] }).token
const bare = new PinnedProcess(cores.server, app, [], { LONGHAUL_BODY_FILE: bodyFile })
const guarded = new PinnedProcess(cores.server, app, [], {
  LONGHAUL_BODY_FILE: bodyFile,
  LONGHAUL_CONFIG_FILE: configFile,
})
try {
  const ports = [await bare.said<{ port: number }>('port'), await guarded.said<{ port: number }>('port')]
  const target = (name: string, at: number, headers: Record<string, string>): Target => ({
    name,
    server: at === 0 ? bare : guarded,
    request: { host: '127.0.0.1', port: ports[at]!.port, path: '/', headers },
  })
  const samples = await measure(
    [
      // The same request, so that reading its headers is not put down to auth_token.
      target('without', 0, { 'X-Auth-Token': user, 'X-Service-Token': service }),
      target('user token', 1, { 'X-Auth-Token': user }),
      target('both tokens', 1, { 'X-Auth-Token': user, 'X-Service-Token': service }),
    ],
    options,
  )
  const goals = { 'user token': 0.85, 'both tokens': 0.8 }
  const title = 'A fastify application without and with auth_token, tokens warm in its cache'
  if (!report(title, samples, { ...options, base: 'without', goals, bodyBytes })) process.exitCode = 1
} finally {
  await Promise.all([bare.stop(), guarded.stop(), keystone.close()])
  rmSync(directory, { recursive: true, force: true })
}
