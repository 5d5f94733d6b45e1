// The examples of the README are run, all in one process, before a Keystone that knows one token.
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { after, before, describe, it } from 'node:test'
import {
  fakeKeystone,
  fakeService,
  type FakeKeystone,
  type FakeService,
} from '@longhaul/keystoneauth/testing'
import { blockOf, exampleProject, examplesOf } from '../../../tests/docs/examples.ts'
import { ask } from './fixtures/ask.ts'

const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const examples = examplesOf(text)

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

describe('the examples of the README', () => {
  const project = exampleProject()
  const urls: string[] = []
  let keystone: FakeKeystone
  let volumes: FakeService
  let child: ChildProcess | undefined
  let token: string
  before(async () => {
    keystone = await fakeKeystone()
    volumes = await fakeService(() => ({ status: 200, body: '{"volumes":[]}' }))
    const endpoints = [{ interface: 'public', region: 'One', region_id: 'One', url: volumes.url }]
    token = keystone.issue({ catalog: [{ type: 'block-storage', name: 'cinder', endpoints }] }).token
    const own = blockOf(text, 'ini')
      .replaceAll('https://keystone.example:5000', keystone.url)
      .replace(/^memcached_servers.*\n/m, '')
    const file = project.write('images.conf', own)
    const modules: string[] = []
    for (const [index, { code }] of examples.entries()) {
      const port = await freePort()
      urls.push(`http://127.0.0.1:${port}`)
      const made = code.replace('/etc/images/images.conf', file).replace('8080', String(port))
      project.write(`example-${index}.ts`, made)
      modules.push(`import './example-${index}.ts'`)
    }
    const main = [...modules, "setImmediate(() => process.send('up'))"].join('\n')
    child = spawn(process.execPath, ['--conditions=source', project.write('main.ts', main)], {
      stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    })
    await Promise.race([
      once(child, 'message'),
      once(child, 'exit').then(() => assert.fail('the examples have ended')),
    ])
  })
  after(async () => {
    child?.kill()
    await keystone.close()
    await volumes.close()
    project.remove()
  })

  it('are there for every adapter', () => {
    assert.deepEqual(
      examples.map(({ name }) => name),
      ['express', 'fastify', 'koa', 'hono', 'The Fetch standard', 'node:http'],
    )
  })

  for (const [index, { name }] of examples.entries()) {
    it(`${name}: tells who calls, and refuses whom Keystone does not know`, async () => {
      const good = await ask(urls[index]!, { 'X-Auth-Token': token })
      assert.deepEqual([good.statusCode, JSON.parse(good.body)], [200, { user: 'demo' }])
      const bad = await ask(urls[index]!, { 'X-Auth-Token': 'garbage' })
      assert.equal(bad.statusCode, 401)
      assert.equal(bad.headers['www-authenticate'], `Keystone uri="${keystone.url}"`)
    })
  }

  it("express: calls on with the caller's token", async () => {
    const answer = await ask(`${urls[0]}/volumes`, { 'X-Auth-Token': token })
    assert.deepEqual([answer.statusCode, JSON.parse(answer.body)], [200, { volumes: [] }])
    assert.equal(volumes.seen[0]?.headers['x-auth-token'], token)
  })
})
