// What auth_token costs: one fastify application without it and with it in one process, with a user token and with both, all
// warm; in the same rounds a WSGI application without and with the original one.
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fakeKeystone } from '@longhaul/keystoneauth/testing'
import { GuardedApplication, type TargetNames } from './guarded-application.ts'
import { roundOptions } from './options.ts'
import { hasOriginal } from './original-middleware.ts'
import { report } from './report.ts'
import { measureAfresh, ratios } from './rounds.ts'

const options = roundOptions(
  'bench:middleware',
  'What auth_token leaves of the rate of a fastify application',
)
const bodyBytes = 512

const directory = mkdtempSync(join(tmpdir(), 'longhaul-bench-'))
const bodyFile = join(directory, 'body.json')
writeFileSync(bodyFile, JSON.stringify({ text: 'x'.repeat(bodyBytes - '{"text":""}'.length) }))
const keystone = await fakeKeystone()
const configFile = join(directory, 'service.conf')
writeFileSync(
  configFile,
  `[keystone_authtoken]
www_authenticate_uri = ${keystone.url}
service_token_roles_required = true
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
const files = { body: bodyFile, config: configFile }
const servers = join(import.meta.dirname, 'servers')
const names: TargetNames = {
  without: 'without',
  user: 'user token',
  both: 'both tokens',
  alone: 'without, alone in a process',
}
const originalNames: TargetNames = {
  without: 'WSGI, without',
  user: 'WSGI, user token',
  both: 'WSGI, both tokens',
  alone: 'WSGI, without, alone',
}
const withOriginal = hasOriginal()
try {
  const samples = await measureAfresh(launch, options)
  const of = (some: TargetNames) =>
    new Map([...samples].filter(([name]) => Object.values(some).includes(name)))
  const goals = { [names.user]: 0.88, [names.both]: 0.85 }
  const title =
    'A fastify application without and with auth_token in one process, tokens warm in its cache, processes new in each round'
  if (!report(title, of(names), { ...options, base: names.without, goals, bodyBytes })) process.exitCode = 1
  const ofAlone = [names.user, names.both].map((name) => {
    const { median } = ratios(samples.get(name)!, samples.get(names.alone)!)
    return `${name} ${median.toFixed(3)}`
  })
  console.log(`of the application alone in a process: ${ofAlone.join(', ')}`)
  if (withOriginal) {
    const beside = 'Beside it, in the same rounds: a WSGI application and the original auth_token'
    report(beside, of(originalNames), { ...options, base: originalNames.without, goals: {}, bodyBytes })
  }
} finally {
  await keystone.close()
  rmSync(directory, { recursive: true, force: true })
}

async function launch() {
  const ours = new GuardedApplication(join(servers, 'fastify-app.ts'), files)
  const original = withOriginal ? new GuardedApplication(join(servers, 'wsgi-app.py'), files) : undefined
  const stop = () => Promise.all([ours.stop(), original?.stop()])
  try {
    const targets = await ours.targets(names, { user, service })
    if (original) targets.push(...(await original.targets(originalNames, { user, service })))
    return { targets, stop }
  } catch (error) {
    await stop()
    throw error
  }
}
