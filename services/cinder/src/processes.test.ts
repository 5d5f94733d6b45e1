import assert from 'node:assert/strict'
import { spawn, type ChildProcess } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { once } from 'node:events'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { createInterface } from 'node:readline'
import { test } from 'node:test'
import { fakeKeystone } from '@longhaul/keystoneauth/testing'
import { openDatabase, syncDatabase } from '@longhaul/oslo/db'
import { testDatabase } from '@longhaul/oslo/testing'
import { findProcesses } from '@longhaul/qemu'
import { migrations } from './db/migrations.ts'
import { volumeOf } from './storage/daemon-command.ts'
import { NbdClient } from './testing/nbd-client.ts'
import { turn, type Body } from './testing/cinder.ts'

const program = join(import.meta.dirname, 'server.ts')

test('a process that is killed leaves its volumes in use; the next one goes on with them', async (t) => {
  const directory = await mkdtemp(join(tmpdir(), 'cinder-site-'))
  const { connection: found, drop } = await testDatabase('cinder')
  const connection = found === 'sqlite://' ? `sqlite:///${join(directory, 'cinder.db')}` : found
  const db = openDatabase(connection)
  await syncDatabase(db, migrations)
  await db.close()
  const keystone = await fakeKeystone({ now: () => new Date() })
  const daemons = () => findProcesses((args) => volumeOf(args)?.startsWith(`${directory}/`) ?? false)
  const running = new Set<ChildProcess>()
  t.after(async () => {
    for (const child of running) child.kill('SIGKILL')
    for (const { pid } of daemons()) process.kill(pid, 'SIGKILL')
    await keystone.close()
    await drop()
    await rm(directory, { recursive: true, maxRetries: 3 })
  })
  const file = join(directory, 'cinder.conf')
  await writeFile(
    file,
    `[DEFAULT]\nvolumes_dir = ${directory}/volumes\n[database]\nconnection = ${connection}\n[listen]\nport = 0\n` +
      `[keystone_authtoken]\nauth_type = password\nauth_url = ${keystone.url}\nusername = cinder\npassword = pw\n` +
      'user_domain_name = Default\nproject_name = service\nproject_domain_name = Default\n',
  )
  const start = async (): Promise<{ url: string; child: ChildProcess }> => {
    const child = spawn(process.execPath, ['--conditions=source', program, '--config-file', file], {
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    running.add(child)
    const said: string[] = []
    child.stderr.on('data', (chunk: Buffer) => said.push(chunk.toString()))
    for await (const line of createInterface({ input: child.stdout })) {
      const entry = JSON.parse(line) as { msg?: string; url?: string }
      if (entry.msg !== 'listening' || entry.url === undefined) continue
      child.stdout.resume()
      return { url: entry.url, child }
    }
    throw new Error(said.join(''))
  }
  const { token } = keystone.issue({ roleNames: ['member', 'reader'], lifetime: 3600 })
  const service = keystone.issue({ userName: 'nova', roleNames: ['service'], lifetime: 3600 })
  const ask = async (url: string, method: string, path: string, body?: object) => {
    const answer = await fetch(`${url}/v3/id-project-demo${path}`, {
      method,
      headers: {
        'x-auth-token': token,
        'x-service-token': service.token,
        'openstack-api-version': 'volume 3.44',
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    })
    const text = await answer.text()
    return (text === '' ? {} : JSON.parse(text)) as Body
  }
  const until = async (url: string, id: string, status: string) => {
    while ((await ask(url, 'GET', `/volumes/${id}`)).volume.status !== status) await turn()
  }

  const first = await start()
  await assert.rejects(start(), /another cinder-api works with/)
  const { volume } = await ask(first.url, 'POST', '/volumes', { volume: { size: 1 } })
  await until(first.url, volume.id, 'available')
  const wanted = { volume_uuid: volume.id, instance_uuid: randomUUID(), connector: { host: 'h' } }
  const { attachment } = await ask(first.url, 'POST', '/attachments', { attachment: wanted })
  const {
    server: { path: socket },
    export: name,
  } = attachment.connection_info
  const client = await NbdClient.connect(socket, name)
  await client.write(0, Buffer.from('before'))
  first.child.kill('SIGKILL')
  await once(first.child, 'exit')
  await client.write(6, Buffer.from(' after'))
  const [daemon] = daemons()

  const second = await start()
  assert.deepEqual(daemons(), [daemon])
  assert.equal((await client.read(0, 12)).toString(), 'before after')
  assert.deepEqual(await ask(second.url, 'DELETE', `/attachments/${attachment.id}`), { attachments: [] })
  await client.cut()
  await until(second.url, volume.id, 'available')
  assert.deepEqual(daemons(), [])
  second.child.kill('SIGTERM')
  const [code] = (await once(second.child, 'exit')) as [number]
  assert.equal(code, 0)
})
