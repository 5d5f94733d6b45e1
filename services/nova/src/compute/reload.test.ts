import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { writeFileSync } from 'node:fs'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test, type TestContext } from 'node:test'
import { fakeKeystone } from '@longhaul/keystoneauth/testing'
import { generateMasterKey, recipientKey } from '@longhaul/oslo/context'
import { fakeGlance } from '../testing/fake-glance.ts'
import { host } from './fixtures/agent-bench.ts'
import { scratch } from './fixtures/scratch.ts'

type Line = Record<string, unknown>

/** nova-api's internal interface, which takes every report. */
async function internalApi(t: TestContext): Promise<string> {
  const server = createServer((request, response) => {
    request.resume().on('end', () => response.writeHead(204).end())
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The agent's process with pretended machines. */
async function agentProcess(t: TestContext) {
  const directory = scratch(t)
  const keystone = await fakeKeystone({ login: { userName: 'nova', roleNames: ['nova-compute'] } })
  const [glance, internal] = await Promise.all([fakeGlance(), internalApi(t)])
  t.after(() => Promise.all([keystone.close(), glance.close()]))
  const key = join(directory, 'key')
  writeFileSync(key, recipientKey(generateMasterKey(), host), { mode: 0o600 })
  const file = join(directory, 'nova-compute.conf')
  /** @param options what `[DEFAULT]` and `[qemu]` say now */
  const configure = (options: { defaults: string; qemu: string }) =>
    writeFileSync(
      file,
      `[DEFAULT]
host = ${host}
state_path = ${join(directory, 'state')}
compute_driver = fake
${options.defaults}
[listen]
port = 0
[qemu]
${options.qemu}
[compute]
internal_url = ${internal}
[context]
sealing_key_file = ${key}
[keystone_authtoken]
auth_type = password
auth_url = ${keystone.url}
username = nova
password = pw
user_domain_name = Default
project_name = service
project_domain_name = Default
[glance]
endpoint_override = ${glance.url}
[compute_agent]
auth_section = keystone_authtoken
`,
    )
  configure({ defaults: '', qemu: '' })
  const command = ['--conditions=source', join(import.meta.dirname, 'server.ts'), '--config-file', file]
  const child = spawn(process.execPath, command, { stdio: ['ignore', 'pipe', 'inherit'] })
  const waiting = new Map<string, (line: Line) => void>()
  createInterface({ input: child.stdout }).on('line', (text) => {
    const line = JSON.parse(text) as Line
    waiting.get(String(line['msg']))?.(line)
  })
  const next = (message: string) =>
    new Promise<Line>((resolve, reject) => {
      waiting.set(message, resolve)
      child.once('exit', () => reject(new Error(`nova-compute ended before '${message}'`)))
    })
  t.after(async () => {
    if (child.exitCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  })
  const { url } = await next('listening')
  const headers = {
    'content-type': 'application/json',
    'x-auth-token': keystone.issue({ roleNames: ['nova-compute'] }).token,
  }
  const job = async (operation: string, kind: string, params: object) => {
    const body = JSON.stringify({ attempt: 1, kind, server: 's1', params })
    const answer = await fetch(`${String(url)}/v1/jobs/${operation}/${kind}?wait=30`, {
      method: 'PUT',
      headers,
      body,
    })
    return (await answer.json()) as { job: { state: string } }
  }
  return { configure, next, job, hangUp: () => child.kill('SIGHUP') }
}

test('At SIGHUP the agent takes another speed of backups, interval of reports and level of the log', async (t) => {
  const agent = await agentProcess(t)
  const backupOf = async (operation: string) => {
    const started = agent.next('backup started')
    await agent.job(operation, 'backup', {})
    return (await started)['bandwidth']
  }
  assert.equal(await backupOf('before'), 0)
  agent.configure({
    defaults: 'report_interval = 1\ndebug = true\nhost = elsewhere',
    qemu: 'snapshot_bandwidth = 1048576',
  })
  const reloaded = agent.next('reloaded')
  agent.hangUp()
  const { changed, ignored } = await reloaded
  assert.deepEqual(changed, ['[DEFAULT] debug', '[DEFAULT] report_interval', '[qemu] snapshot_bandwidth'])
  assert.deepEqual(ignored, ['[DEFAULT] host'])
  assert.equal(await backupOf('after'), 2 ** 20)
})
