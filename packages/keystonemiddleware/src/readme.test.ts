// The examples of the README are run, all in one process, before a Keystone that knows one token.
import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { after, before, describe, it } from 'node:test'
import { fileURLToPath } from 'node:url'
import {
  fakeKeystone,
  fakeService,
  type FakeKeystone,
  type FakeService,
} from '@longhaul/keystoneauth/testing'
import { ask } from './fixtures/ask.ts'

const text = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
const examples = Array.from(
  text.matchAll(/^### (.+)\n[^]*?```ts\n([^]*?)```/gm),
  ([, name = '', code = '']) => ({
    name,
    code,
  }),
)

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  return port
}

describe('the examples of the README', () => {
  const directory = mkdtempSync(join(tmpdir(), 'lh-examples-'))
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
    const file = join(directory, 'images.conf')
    const section = /```ini\n([^]*?)```/.exec(text)![1]!
    const own = section
      .replaceAll('https://keystone.example:5000', keystone.url)
      .replace(/^memcached_servers.*\n/m, '')
    writeFileSync(file, own)
    symlinkSync(
      fileURLToPath(new URL('../../../node_modules', import.meta.url)),
      join(directory, 'node_modules'),
    )
    writeFileSync(join(directory, 'package.json'), '{"type":"module"}')
    const modules: string[] = []
    for (const [index, { code }] of examples.entries()) {
      const port = await freePort()
      urls.push(`http://127.0.0.1:${port}`)
      const made = code.replace('/etc/images/images.conf', file).replace('8080', String(port))
      writeFileSync(join(directory, `example-${index}.ts`), made)
      modules.push(`import './example-${index}.ts'`)
    }
    const main = [...modules, "setImmediate(() => process.send('up'))"].join('\n')
    writeFileSync(join(directory, 'main.ts'), main)
    child = spawn(process.execPath, ['--conditions=source', join(directory, 'main.ts')], {
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
    rmSync(directory, { recursive: true, force: true })
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
